using Google.Protobuf;

namespace PureLora;

/// <summary>
/// Reads a SentencePiece <c>tokenizer.model</c> (sentencepiece_model.proto) of type BPE, and works as Transformers does
/// with such a file: control, unknown and user-defined pieces are added tokens, a pair merges when it is a piece, the
/// higher its score the earlier. Unigram models are refused.
/// </summary>
internal static class SentencePieceModel
{
    const string Metaspace = "\u2581";

    /// <summary>Bounds the ways to cut a piece in two; the longest in use are runs of some dozen characters.</summary>
    const int LongestPiece = 512;

    enum Kind { Normal = 1, Unknown = 2, Control = 3, UserDefined = 4, Unused = 5, Byte = 6 }

    readonly record struct Piece(string Text, float Score, Kind Kind);

    /// <param name="file">tokenizer.model.</param>
    /// <param name="legacy">Whether the space before a text also stands after every added token, as Transformers first had it.</param>
    public static TokenizerParts Read(string file, bool legacy)
    {
        var place = new JsonPlace(file, "", default);
        try
        {
            if (new FileInfo(file).Length > JsonPlace.LargestFile)
                throw place.Wrong($"{new FileInfo(file).Length} bytes", $"at most {JsonPlace.LargestFile}", "Check that it is the right file.");
            return Build(new Proto(File.ReadAllBytes(file)), place, legacy);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw place.Wrong($"no SentencePiece model ({e.Message})", "one");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PureLoraException($"{file}: cannot be read ({e.Message}). Check that the folder is a Hugging Face model folder with its tokenizer.", e);
        }
    }

    /// <summary>The fields that count, with the defaults of the schema.</summary>
    sealed class Proto
    {
        public List<Piece> Pieces { get; } = [];
        public int ModelType { get; private set; } = 1;
        public bool ByteFallback { get; private set; }
        public bool WhitespaceAsSuffix { get; private set; }
        public int UnkId { get; private set; }
        public int BosId { get; private set; } = 1;
        public int EosId { get; private set; } = 2;
        public int PadId { get; private set; } = -1;
        public string NormalizerName { get; private set; } = "";
        public bool HasCharMap { get; private set; }
        public bool AddDummyPrefix { get; private set; } = true;
        public bool EscapeWhitespaces { get; private set; } = true;

        public Proto(byte[] bytes) => Each(new CodedInputStream(bytes), (input, field) =>
        {
            if (field == 1) Pieces.Add(ReadPiece(input.ReadBytes()));
            else if (field == 2) Each(input.ReadBytes().CreateCodedInput(), ReadTrainer);
            else if (field == 3) Each(input.ReadBytes().CreateCodedInput(), ReadNormalizer);
            else return false;
            return true;
        });

        /// <summary>Hands out every field of a message; one that is not taken is skipped.</summary>
        static void Each(CodedInputStream input, Func<CodedInputStream, int, bool> take)
        {
            for (uint tag; (tag = input.ReadTag()) != 0;)
            {
                if (!take(input, WireFormat.GetTagFieldNumber(tag))) input.SkipLastField();
            }
        }

        static Piece ReadPiece(ByteString message)
        {
            var piece = new Piece("", 0, Kind.Normal);
            Each(message.CreateCodedInput(), (input, field) =>
            {
                if (field == 1) piece = piece with { Text = input.ReadString() };
                else if (field == 2) piece = piece with { Score = input.ReadFloat() };
                else if (field == 3) piece = piece with { Kind = (Kind)input.ReadEnum() };
                else return false;
                return true;
            });
            return piece;
        }

        bool ReadTrainer(CodedInputStream input, int field)
        {
            if (field == 3) ModelType = input.ReadEnum();
            else if (field == 24) WhitespaceAsSuffix = input.ReadBool();
            else if (field == 35) ByteFallback = input.ReadBool();
            else if (field == 40) UnkId = input.ReadInt32();
            else if (field == 41) BosId = input.ReadInt32();
            else if (field == 42) EosId = input.ReadInt32();
            else if (field == 43) PadId = input.ReadInt32();
            else return false;
            return true;
        }

        bool ReadNormalizer(CodedInputStream input, int field)
        {
            if (field == 1) NormalizerName = input.ReadString();
            else if (field == 2) HasCharMap = input.ReadBytes().Length > 0;
            else if (field == 3) AddDummyPrefix = input.ReadBool();
            else if (field == 5) EscapeWhitespaces = input.ReadBool();
            else return false;
            return true;
        }
    }

    static TokenizerParts Build(Proto proto, JsonPlace place, bool legacy)
    {
        if (proto.Pieces.Count == 0) throw place.Wrong("without pieces", "a SentencePiece model");
        if (proto.ModelType != 2) throw place.Unsupported($"a SentencePiece model of type {proto.ModelType switch { 1 => "Unigram", 3 => "Word", 4 => "Char", var other => other }}", "BPE");
        if (proto.HasCharMap) throw place.Unsupported($"a SentencePiece model with the normalizer {proto.NormalizerName}", "identity");
        if (proto.WhitespaceAsSuffix || !proto.EscapeWhitespaces) throw place.Unsupported("a SentencePiece model with white space as suffix or unescaped", "white space as prefix");

        var vocabulary = new TokenTable(proto.Pieces.Count);
        var added = new List<AddedToken>();
        for (int id = 0; id < proto.Pieces.Count; id++)
        {
            var (text, _, kind) = proto.Pieces[id];
            if (text.Length is 0 or > LongestPiece) throw place.Wrong($"a model with a piece of {text.Length} characters", $"pieces of 1 to {LongestPiece}");
            vocabulary.Add(text, id, place);
            if (kind is Kind.Control or Kind.Unknown or Kind.UserDefined)
                added.Add(new AddedToken(id, text, kind != Kind.UserDefined, false, false, false, false));
        }
        string? unk = proto.UnkId >= 0 && proto.UnkId < proto.Pieces.Count ? proto.Pieces[proto.UnkId].Text : null;
        var model = new BpeModel(vocabulary, Merges(proto.Pieces, vocabulary), new BpeOptions(unk, FuseUnk: true, ByteFallback: proto.ByteFallback));
        var roles = new Dictionary<string, string>();
        foreach (var (role, id) in (ReadOnlySpan<(string, int)>)[("bos_token", proto.BosId), ("eos_token", proto.EosId), ("pad_token", proto.PadId), ("unk_token", proto.UnkId)])
        {
            if (vocabulary.TokenOf(id) is { } token) roles[role] = token;
        }
        return new TokenizerParts(vocabulary, model, Normalizers(proto, legacy), PreTokenizers(proto, legacy), added, Decoder(proto.AddDummyPrefix), PostProcessor.None) { Roles = roles, AddsBos = true };
    }

    static MergeTable Merges(List<Piece> pieces, TokenTable vocabulary)
    {
        var merges = new MergeTable(pieces.Count);
        var scores = pieces.Where(piece => piece.Kind == Kind.Normal).Select(piece => piece.Score).Distinct().OrderDescending().ToArray();
        var rankOf = new Dictionary<float, int>(scores.Length);
        for (int rank = 0; rank < scores.Length; rank++) rankOf[scores[rank]] = rank;
        for (int id = 0; id < pieces.Count; id++)
        {
            var (text, score, kind) = pieces[id];
            if (kind != Kind.Normal) continue;
            for (int cut = 1; cut < text.Length; cut++)
            {
                if (Part(text.AsSpan(0, cut)) is { } left && Part(text.AsSpan(cut)) is { } right) merges.Add(left, right, rankOf[score], id);
            }
        }
        return merges;

        int? Part(ReadOnlySpan<char> text) => vocabulary.TryGetId(text, out int id) && pieces[id].Kind == Kind.Normal ? id : null;
    }

    // remove_extra_whitespaces is left alone, as Transformers leaves it for models of this kind: no space is lost.
    static List<ITextStep> Normalizers(Proto proto, bool legacy)
    {
        if (!legacy) return [];
        var escape = new ReplaceStep(Pattern.Literal(" "), Metaspace);
        return proto.AddDummyPrefix ? [new PrependStep(Metaspace), escape] : [escape];
    }

    static List<ITextStep> PreTokenizers(Proto proto, bool legacy) =>
        legacy ? [] : [new MetaspaceStep(Metaspace, proto.AddDummyPrefix ? PrependScheme.First : PrependScheme.Never, splits: false)];

    static Func<DecodingStage, DecodingStage> Decoder(bool strips) => next =>
    {
        if (strips) next = new StripStage(next, ' ', 1, 0, fused: true);
        return new ReplaceStage(new ByteFallbackStage(next), Metaspace, Pattern.Literal(Metaspace), " ", fused: false);
    };
}
