using System.IO.Compression;
using System.Text.Json.Nodes;

namespace PureLora.Tests;

/// <summary>A temporary folder with a tokenizer in it; gone on Dispose.</summary>
sealed class TokenizerFolder : IDisposable
{
    public string Folder { get; } = Directory.CreateTempSubdirectory("purelora-text-").FullName;

    public TokenizerFolder With(string name, string text)
    {
        File.WriteAllText(Path.Combine(Folder, name), text);
        return this;
    }

    public TextTokenizer Load() => TextTokenizer.Load(Folder);

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    /// <summary>The real tokenizer files of a third-party fixture, or a skip that says why.</summary>
    public static TokenizerFolder Fixture(string name, bool withConfig = true)
    {
        string source = Path.Combine(Fixtures("golden/tokenizers"), name);
        var folder = new TokenizerFolder();
        string json = Path.Combine(source, "tokenizer.json");
        if (File.Exists(json)) File.Copy(json, Path.Combine(folder.Folder, "tokenizer.json"));
        else folder.With("tokenizer.json", Unzipped(json + ".gz"));
        if (withConfig) File.Copy(Path.Combine(source, "tokenizer_config.json"), Path.Combine(folder.Folder, "tokenizer_config.json"));
        return folder;
    }

    public static string Fixtures(string folder)
    {
        string? root = Environment.GetEnvironmentVariable("PURELORA_FIXTURES");
        Skip.If(root is null, "PURELORA_FIXTURES is not set: real tokenizers are third-party files and not in this repository");
        return Path.Combine(root!, folder);
    }

    public static string Unzipped(string file)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(file), CompressionMode.Decompress));
        return reader.ReadToEnd();
    }

    /// <summary>A byte-level tokenizer.json small enough to break on purpose: the 256 bytes, "ab", " ab" and one special token.</summary>
    public static JsonObject SmallByteLevel()
    {
        var vocab = new JsonObject();
        for (int b = 0; b < 256; b++) vocab[ByteLevel.CharOf((byte)b).ToString()] = b;
        vocab["ab"] = 256;
        vocab["\u0120ab"] = 257;
        return new JsonObject
        {
            ["added_tokens"] = new JsonArray(new JsonObject { ["id"] = 258, ["content"] = "<end>", ["special"] = true, ["normalized"] = false }),
            ["normalizer"] = null,
            ["pre_tokenizer"] = new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["use_regex"] = true },
            ["post_processor"] = null,
            ["decoder"] = new JsonObject { ["type"] = "ByteLevel" },
            ["model"] = new JsonObject { ["type"] = "BPE", ["vocab"] = vocab, ["merges"] = new JsonArray("a b", "\u0120 ab") },
        };
    }

    /// <summary>A byte-fallback tokenizer.json in the manner of Llama 2: control tokens, the 256 bytes, a few letters.</summary>
    public static JsonObject SmallByteFallback()
    {
        var vocab = new JsonObject { ["<unk>"] = 0, ["<s>"] = 1, ["</s>"] = 2 };
        for (int b = 0; b < 256; b++) vocab[$"<0x{b:X2}>"] = 3 + b;
        foreach (string token in (string[])["\u2581", "a", "b", "c", "ab", "\u2581ab", "aa"]) vocab[token] = vocab.Count;
        JsonObject Kind(string type) => new() { ["type"] = type };
        JsonObject Replace(string old, string content) => new() { ["type"] = "Replace", ["pattern"] = new JsonObject { ["String"] = old }, ["content"] = content };
        return new JsonObject
        {
            ["added_tokens"] = new JsonArray(
                new JsonObject { ["id"] = 1, ["content"] = "<s>", ["special"] = true, ["normalized"] = false },
                new JsonObject { ["id"] = 2, ["content"] = "</s>", ["special"] = true, ["normalized"] = false }),
            ["normalizer"] = new JsonObject
            {
                ["type"] = "Sequence",
                ["normalizers"] = new JsonArray(new JsonObject { ["type"] = "Prepend", ["prepend"] = "\u2581" }, Replace(" ", "\u2581")),
            },
            ["pre_tokenizer"] = null,
            ["decoder"] = new JsonObject
            {
                ["type"] = "Sequence",
                ["decoders"] = new JsonArray(Replace("\u2581", " "), Kind("ByteFallback"), Kind("Fuse"),
                    new JsonObject { ["type"] = "Strip", ["content"] = " ", ["start"] = 1, ["stop"] = 0 }),
            },
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["unk_token"] = "<unk>",
                ["fuse_unk"] = true,
                ["byte_fallback"] = true,
                ["vocab"] = vocab,
                ["merges"] = new JsonArray("a b", "\u2581 ab", "a a"),
            },
        };
    }
}
