using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace PureLora.Tests;

/// <summary>The readers of files that come from elsewhere, each with real files: this repository's, and third-party ones where they are at hand.</summary>
static class FuzzReaders
{
    /// <summary>Seeds are cut to this, so that a case takes a millisecond.</summary>
    const int MostBytes = 100_000;

    static readonly Dictionary<string, (string Extension, Func<ScratchFolder, FuzzReader> Open)> Known = new()
    {
        ["safetensors"] = (".safetensors", _ => new("safetensors", Files("*.safetensors"), ReadSafetensors)),
        ["config"] = (".json", scratch => new("config", Files("config*.json"), path => ReadConfig(scratch, path))),
        ["adapter_config"] = (".json", _ => new("adapter_config", Files("adapter_config.json"), path => PeftConfig.Read(path))),
        ["tokenizer"] = (".json", scratch => new("tokenizer", Tokenizers(), path => ReadTokenizer(scratch, path), floor: 16 << 20)),
        ["tokenizer_config"] = (".json", scratch => new("tokenizer_config", Files("tokenizer_config.json"), path => ReadTokenizerConfig(scratch, path), floor: 16 << 20)),
        ["sentencepiece"] = (".model", scratch => new("sentencepiece", Files("tokenizer.model", orElse: SmallSentencePiece), path => ReadSentencePiece(scratch, path), floor: 16 << 20)),
        // A template is a program: its limits bound what it allocates, not its length.
        ["template"] = (".jinja", _ => new("template", Templates(), ReadTemplate, floor: 64 << 20)),
        ["jsonl"] = (".jsonl", _ => new("jsonl", FuzzData.Lines(), FuzzData.Read, FuzzData.Floor, FuzzData.Fold)),
        ["json"] = (".json", _ => new("json", FuzzData.Lists(), FuzzData.Read, FuzzData.Floor, FuzzData.Fold)),
        ["csv"] = (".csv", _ => new("csv", FuzzData.Tables(), FuzzData.Read, FuzzData.Floor, FuzzData.Fold)),
        ["parquet"] = (".parquet", _ => new("parquet", FuzzData.Parquets(), FuzzData.Read, FuzzData.Floor, FuzzData.Fold)),
        ["yaml"] = (".yaml", _ => new("yaml", Files("*.yaml"), path => ConfigFile.Read(path))),
    };

    public static IEnumerable<string> Names => Known.Keys;

    public static string ExtensionOf(string name) => Known[name].Extension;

    public static FuzzReader Open(string name, ScratchFolder scratch) => Known[name].Open(scratch);

    static readonly string TinyBase = Path.Combine(Repository.Root, "examples", "tiny-base");

    static IReadOnlyList<byte[]> Files(string pattern, Func<byte[]>? orElse = null)
    {
        string[] folders = [Path.Combine(AppContext.BaseDirectory, "Golden"), Path.Combine(Repository.Root, "examples"), .. Golden.Fixtures is { } more ? [more] : (string[])[]];
        byte[][] found = [.. folders.SelectMany(folder => Directory.EnumerateFiles(folder, pattern, SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            .Where(file => new FileInfo(file).Length <= MostBytes).Select(File.ReadAllBytes)];
        return found.Length > 0 || orElse is null ? found : [orElse()];
    }

    static void ReadSafetensors(string path)
    {
        using var file = SafetensorsFile.Open(path);
        foreach (var info in file.Tensors.Values)
            if (info.DType is DType.F32 or DType.BF16 or DType.F16)
                file.ReadFloats(info.Name);
    }

    /// <summary>Opens a model: whatever the settings claim, weights of that shape are not there.</summary>
    static void ReadConfig(ScratchFolder scratch, string path)
    {
        var folder = Directory.CreateDirectory(scratch.File("model")).FullName;
        File.Copy(path, Path.Combine(folder, "config.json"), overwrite: true);
        var weights = Path.Combine(folder, "model.safetensors");
        if (!File.Exists(weights))
            File.Copy(Path.Combine(TinyBase, "model.safetensors"), weights);
        using var device = Device.Open("cpu", 1);
        using (Pretrained.Load(device, folder))
        {
        }
    }

    static void ReadTokenizer(ScratchFolder scratch, string path)
    {
        var folder = Directory.CreateDirectory(scratch.File("tokenizer")).FullName;
        File.Copy(path, Path.Combine(folder, "tokenizer.json"), overwrite: true);
        Use(TextTokenizer.Load(folder));
    }

    static void ReadTokenizerConfig(ScratchFolder scratch, string path)
    {
        var folder = Directory.CreateDirectory(scratch.File("settings")).FullName;
        File.Copy(path, Path.Combine(folder, "tokenizer_config.json"), overwrite: true);
        var json = Path.Combine(folder, "tokenizer.json");
        if (!File.Exists(json))
            File.Copy(Path.Combine(TinyBase, "tokenizer.json"), json);
        Use(TextTokenizer.Load(folder));
    }

    static void ReadSentencePiece(ScratchFolder scratch, string path)
    {
        var folder = Directory.CreateDirectory(scratch.File("sentencepiece")).FullName;
        File.Copy(path, Path.Combine(folder, "tokenizer.model"), overwrite: true);
        Use(TextTokenizer.Load(folder));
    }

    /// <summary>Field 1 of the model, twice: a piece (1: text, 2: score, 3: kind), as the format has them.</summary>
    static byte[] SmallSentencePiece()
    {
        var model = new List<byte>();
        foreach (var (text, kind) in (ReadOnlySpan<(string, byte)>)[("<unk>", 2), ("<s>", 3), ("</s>", 3), ("a", 1), ("b", 1), ("ab", 1)])
        {
            byte[] piece = [0x0A, (byte)text.Length, .. Encoding.UTF8.GetBytes(text), 0x15, 0, 0, 0, 0, 0x18, kind];
            model.AddRange([0x0A, (byte)piece.Length, .. piece]);
        }
        return [.. model, 0x12, 0x02, 0x18, 0x02];
    }

    static readonly JsonElement Conversation = JsonDocument.Parse("""
        [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi, é \ud83d\ude00"},
         {"role": "assistant", "content": "Yes.", "tool_calls": [{"type": "function", "function": {"name": "f", "arguments": {"x": [1, 2.5, null]}}}]},
         {"role": "tool", "content": "4"}, {"role": "user", "content": "Thanks"}]
        """).RootElement;

    static void ReadTemplate(string path) => ChatTemplates.Text(path, "").Render(new ChatInput(Conversation) { AddGenerationPrompt = true });

    /// <summary>Our snippets, many in a file, and real templates where they are at hand.</summary>
    static List<byte[]> Templates()
    {
        using var cases = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Golden.Folder("chat"), "snippets.json")));
        var snippets = cases.RootElement.GetProperty("cases").EnumerateArray().Where(c => c.TryGetProperty("expected", out _)).Select(c => c.GetProperty("template").GetString()!);
        List<byte[]> seeds = [.. snippets.Chunk(8).Select(some => Encoding.UTF8.GetBytes(string.Join('\n', some)))];
        if (Golden.Fixtures is not { } fixtures)
            return seeds;
        foreach (var name in (string[])["chat.golden.json.gz", "templates.golden.json.gz"])
        {
            using var golden = JsonDocument.Parse(TokenizerFolder.Unzipped(Path.Combine(fixtures, "golden", "chat", name)));
            seeds.AddRange(golden.RootElement.GetProperty("templates").EnumerateArray().Select(template => Encoding.UTF8.GetBytes(template.GetProperty("chat_template").GetString()!)));
        }
        return seeds;
    }

    static void Use(TextTokenizer tokenizer)
    {
        var ids = tokenizer.Encode("Hello  world, it's 2024!\n\n<|im_end|> \u00e9\u4e2d\U0001F600", addSpecialTokens: true);
        tokenizer.Decode(ids, skipSpecialTokens: false);
    }

    /// <summary>This repository's tokenizer, and real ones with the first few hundred of their tokens.</summary>
    static List<byte[]> Tokenizers()
    {
        List<byte[]> seeds = [File.ReadAllBytes(Path.Combine(TinyBase, "tokenizer.json"))];
        if (Golden.Fixtures is not { } fixtures)
            return seeds;
        foreach (var file in Directory.EnumerateFiles(fixtures, "tokenizer.json*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            using Stream stream = file.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(File.OpenRead(file), CompressionMode.Decompress) : File.OpenRead(file);
            seeds.Add(Cut(JsonNode.Parse(stream)!));
        }
        return seeds;
    }

    static byte[] Cut(JsonNode json)
    {
        const int most = 400;
        var model = json["model"]!;
        var vocab = new JsonObject(model["vocab"]!.AsObject().Where(token => token.Value!.GetValue<int>() < most).Select(token => KeyValuePair.Create(token.Key, token.Value?.DeepClone())));
        model["vocab"] = vocab;
        var merges = model["merges"]!.AsArray();
        bool Known(JsonNode? merge)
        {
            var parts = merge is JsonArray pair ? [.. pair.Select(part => part!.GetValue<string>())] : merge!.GetValue<string>().Split(' ');
            return parts.All(vocab.ContainsKey) && vocab.ContainsKey(string.Concat(parts));
        }
        model["merges"] = new JsonArray([.. merges.Where(Known).Select(merge => merge!.DeepClone())]);
        return Encoding.UTF8.GetBytes(json.ToJsonString());
    }
}
