namespace PureLora;

/// <summary>Reads the <c>decoder</c> of a tokenizer.json, how tokens become text again, as the stages that it is made of.</summary>
internal sealed class DecoderReader
{
    const string Supported = "ByteLevel, ByteFallback, Fuse, Strip, Replace, Metaspace, BPEDecoder, Sequence";
    const int MostStages = 64;

    readonly List<Func<DecodingStage, DecodingStage>> stages = [];
    readonly TextGrowth growth = new();
    bool fused;

    /// <summary>Makes the stages anew for each text, before a given last one.</summary>
    public static Func<DecodingStage, DecodingStage> Read(JsonPlace? place)
    {
        if (place is not { } given) return next => new SpacesStage(next);
        var reader = new DecoderReader();
        reader.Add(given);
        return last =>
        {
            for (int i = reader.stages.Count - 1; i >= 0; i--) last = reader.stages[i](last);
            return last;
        };
    }

    void Add(JsonPlace place)
    {
        string kind = place.Text("type");
        if (stages.Count == MostStages) throw place.Wrong($"one stage more than {MostStages}", "fewer");
        if (fused && kind is "ByteLevel" or "ByteFallback" or "BPEDecoder") throw place.Unsupported($"{kind} after the tokens are one text", "it before");
        bool isFused = fused;
        switch (kind)
        {
            case "Sequence":
                foreach (var item in place.Need("decoders").Items()) Add(item);
                break;
            case "ByteLevel":
                stages.Add(next => new BytesStage(next));
                fused = true;
                break;
            case "Fuse":
                fused = true;
                break;
            case "ByteFallback":
                stages.Add(next => new ByteFallbackStage(next));
                break;
            case "Strip":
                string content = place.Text("content");
                if (content.Length != 1) throw place.Unsupported($"a Strip of \"{content}\"", "a Strip of one character");
                int start = place.Need("start").Integer(0, 1024), stop = place.Need("stop").Integer(0, 1024);
                stages.Add(next => new StripStage(next, content[0], start, stop, isFused));
                break;
            case "Replace":
                var pattern = Pattern.Read(place.Need("pattern"));
                string? literal = place.Need("pattern").Find("String")?.Text();
                if (literal is "") literal = null;
                string replacement = place.Text("content");
                growth.Add(place, literal?.Length ?? 0, replacement);
                stages.Add(next => new ReplaceStage(next, literal, pattern, replacement, isFused));
                break;
            case "Metaspace":
                string metaspace = MetaspaceStep.Replacement(place);
                bool drops = MetaspaceStep.Scheme(place) != PrependScheme.Never;
                stages.Add(next => new MetaspaceStage(next, metaspace, drops, isFused));
                break;
            case "BPEDecoder":
                string suffix = place.Text("suffix");
                if (suffix.Length == 0) throw place.Wrong("with an empty suffix", "one");
                stages.Add(next => new WordEndStage(next, suffix));
                break;
            default:
                throw place.Unsupported($"a decoder of type {kind}", Supported);
        }
    }
}
