using System.Text;
using System.Text.Json;
using CsCheck;

namespace PureLora.Tests;

public class BpeTrainingTests
{
    static readonly string[] Corpus =
    [
        "The sky is blue. What colour is the sky? Blue.", "The grass is green. What colour is the grass? Green.",
        "Two and three make five. The opposite of hot is cold.", "Köln liegt am Rhein. 你好，世界 😀",
    ];

    static TokenizerFolder Trained(int size, IEnumerable<string>? texts = null, string? bos = null)
    {
        var folder = new TokenizerFolder();
        BpeTraining.Write(folder.Folder, texts ?? Corpus, size, bosToken: bos, padToken: "<|pad|>", otherTokens: ["<|user|>"]);
        return folder;
    }

    [Fact]
    public void A_trained_tokenizer_loads_with_its_roles_and_shortens_its_own_text()
    {
        using var folder = Trained(285, bos: "<|begin|>");
        var tokenizer = folder.Load();
        Assert.Equal((285, 0, 1, 2), (tokenizer.VocabularySize, tokenizer.EosId, tokenizer.BosId, tokenizer.PadId));
        Assert.Equal((true, false), (tokenizer.AddsBos, tokenizer.AddsEos));
        Assert.Equal([0, 1, 2, 3], tokenizer.SpecialIds.Order());
        int[] ids = tokenizer.Encode(Corpus[0], true);
        Assert.Equal(1, ids[0]);
        Assert.True(ids.Length < Corpus[0].Length * 0.7, $"{ids.Length} ids");
        Assert.Equal(["Download".Length, 3], [tokenizer.Encode("Download", false).Length, Assert.Single(tokenizer.Encode("<|user|>", false))]);
        Assert.Equal(2, Directory.GetFiles(folder.Folder).Length);
    }

    [Fact]
    public void Any_text_comes_back()
    {
        using var folder = Trained(320);
        var tokenizer = folder.Load();
        var rune = Gen.OneOf(Gen.Int[0, 0x7F], Gen.Int[0x80, 0xD7FF], Gen.Int[0xE000, 0x10FFFF]).Select(point => new Rune(point).ToString());
        rune.Array[0, 50].Sample(runes =>
        {
            string text = string.Concat(runes);
            Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text, true), skipSpecialTokens: false));
        }, iter: 2000);
    }

    [Fact]
    public void The_same_texts_in_any_order_give_the_same_bytes()
    {
        using TokenizerFolder one = Trained(330), two = Trained(330, Corpus.Reverse());
        foreach (string name in (string[])["tokenizer.json", "tokenizer_config.json"])
        {
            byte[] bytes = File.ReadAllBytes(Path.Combine(one.Folder, name));
            Assert.Equal(bytes, File.ReadAllBytes(Path.Combine(two.Folder, name)));
            Assert.DoesNotContain((byte)'\r', bytes);
        }
    }

    [Fact]
    public void The_most_frequent_pair_comes_first_and_of_equals_the_first_in_order()
    {
        // b-c three times; a-b and x-y twice each; nothing else twice.
        using var folder = Trained(400, ["bcQ", "bcR", "bcS", "xyT", "xyU", "abV", "abW"]);
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder.Folder, "tokenizer.json")));
        var merges = json.RootElement.GetProperty("model").GetProperty("merges").EnumerateArray().Select(merge => merge.GetString());
        Assert.Equal(["b c", "a b", "x y"], merges);
        Assert.Equal(3 + 256 + 3, folder.Load().VocabularySize);
    }

    [Fact]
    public void A_special_token_is_never_learned_from_text()
    {
        using var folder = new TokenizerFolder();
        BpeTraining.Write(folder.Folder, Enumerable.Repeat("user", 50), 300, otherTokens: ["user"]);
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder.Folder, "tokenizer.json")));
        var results = json.RootElement.GetProperty("model").GetProperty("merges").EnumerateArray().Select(merge => merge.GetString()!.Replace(" ", ""));
        Assert.Equal(["er", "ser"], results);
        Assert.Equal([1], folder.Load().Encode("user", false));
    }

    [Fact]
    public void Sizes_and_tokens_that_cannot_be_are_refused()
    {
        using var folder = new TokenizerFolder();
        var error = Assert.Throws<UsageException>(() => BpeTraining.Write(folder.Folder, Corpus, 256));
        Assert.Equal("tokenizer: vocabulary size is 256, but 256 bytes and 1 special tokens need 257. Raise it.", error.Message);
        Assert.Throws<UsageException>(() => BpeTraining.Write(folder.Folder, Corpus, 300, otherTokens: ["<a>", "<a>"]));
        Assert.Throws<UsageException>(() => BpeTraining.Write(folder.Folder, Corpus, 300, eosToken: "a"));
        Assert.Empty(Directory.GetFiles(folder.Folder));
    }
}
