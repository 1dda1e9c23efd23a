using System.Diagnostics;
using System.Text.Json.Nodes;

namespace PureLora.Tests;

/// <summary>Texts and files made to cost too much: bounded time, one clear error at most.</summary>
public class HostileTextTests
{
    // It takes some tenths of a second; the limit leaves room for a busy machine.
    static readonly TimeSpan Longest = TimeSpan.FromSeconds(20);

    static void Quickly(Action work, string what)
    {
        var clock = Stopwatch.StartNew();
        work();
        Assert.True(clock.Elapsed < Longest, $"{what}: {clock.Elapsed}");
    }

    public static IEnumerable<object[]> Megabytes() =>
        ((string Name, string Unit)[])
        [
            ("one letter", "a"), ("one capital", "A"), ("spaces", " "), ("line breaks", "\n"), ("spaces and breaks", " \n"), ("digits", "1"), ("punctuation", "!"),
            ("apostrophes", "'"), ("lookalikes", "<|im_start|"), ("openings", "<"), ("emoji", "😀"), ("marks", "\u0301"), ("syllables", "\uD55C"), ("letters and marks", "e\u0301"), ("words", "ab "),
        ]
        is var all ? all.Select(item => new object[] { item.Name, item.Unit }) : [];

    [SkippableTheory]
    [MemberData(nameof(Megabytes))]
    public void A_megabyte_of_one_thing_is_tokenized(string name, string unit)
    {
        string text = string.Concat(Enumerable.Repeat(unit, (1 << 20) / unit.Length));
        foreach (string file in (string[])["qwen3", "mistral_v0_1"])
        {
            using var folder = TokenizerFolder.Fixture(file);
            var tokenizer = folder.Load();
            Quickly(() => Assert.Equal(tokenizer.Encode("a", false).Length > 0, tokenizer.Encode(text, false).Length > 1000), $"{file}, {name}");
        }
    }

    [Fact]
    public void A_megabyte_in_one_piece_is_merged()
    {
        using var folder = new TokenizerFolder().With("tokenizer.json", TokenizerFolder.SmallByteFallback().ToJsonString());
        var tokenizer = folder.Load();
        Quickly(() => Assert.Equal(1 + (1 << 19), tokenizer.Encode(new string('a', 1 << 20), false).Length), "merges");
    }

    [Fact]
    public void Added_tokens_that_nearly_match_are_one_error_where_they_cost_too_much()
    {
        var json = TokenizerFolder.SmallByteLevel();
        json["added_tokens"]!.AsArray().Add(new JsonObject { ["id"] = 300, ["content"] = new string('a', 100_000) + "b" });
        json["added_tokens"]!.AsArray().Add(new JsonObject { ["id"] = 301, ["content"] = "<r>", ["rstrip"] = true });
        json["added_tokens"]!.AsArray().Add(new JsonObject { ["id"] = 302, ["content"] = " ", ["rstrip"] = true });
        using var folder = new TokenizerFolder().With("tokenizer.json", json.ToJsonString());
        var tokenizer = folder.Load();
        foreach (string text in (string[])[new string('a', 1 << 20), new string(' ', 1 << 20)])
        {
            Quickly(() => Assert.Contains("is above a million and 64 steps for each of the text's 1048576 characters",
                Assert.Throws<PureLoraException>(() => tokenizer.Encode(text, false)).Message), "added tokens");
        }
    }

    [Fact]
    public void A_file_allocates_no_more_than_its_size_allows()
    {
        // One id at the end of the range, in a file of some kilobytes.
        var json = TokenizerFolder.SmallByteLevel();
        json["model"]!["vocab"]!["far"] = 4_194_303;
        using var folder = new TokenizerFolder().With("tokenizer.json", json.ToJsonString());
        folder.Load();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(4_194_304, folder.Load().VocabularySize);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before, size = new FileInfo(Path.Combine(folder.Folder, "tokenizer.json")).Length;
        Assert.True(allocated < 20 * size, $"{allocated} bytes for a file of {size}");
    }

    [SkippableTheory]
    [InlineData("qwen3")]
    [InlineData("mistral_v0_1")]
    public void A_real_file_allocates_no_more_than_its_size_allows(string name)
    {
        using var folder = TokenizerFolder.Fixture(name);
        folder.Load();
        long before = GC.GetAllocatedBytesForCurrentThread();
        folder.Load();
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before, size = new FileInfo(Path.Combine(folder.Folder, "tokenizer.json")).Length;
        Assert.True(allocated < 20 * size, $"{allocated} bytes for a file of {size}");
    }
}
