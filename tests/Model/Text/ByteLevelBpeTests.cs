using System.Text;
using System.Text.Json.Nodes;
using CsCheck;

namespace PureLora.Tests;

public class ByteLevelBpeTests
{
    static TextTokenizer Load(Action<JsonObject>? change = null)
    {
        var json = TokenizerFolder.SmallByteLevel();
        change?.Invoke(json);
        using var folder = new TokenizerFolder().With("tokenizer.json", json.ToJsonString());
        return folder.Load();
    }

    static JsonObject Added(int id, string content, params string[] flags)
    {
        var token = new JsonObject { ["id"] = id, ["content"] = content };
        foreach (string flag in flags) token[flag] = true;
        return token;
    }

    [Fact]
    public void Ids_follow_the_split_and_the_merges()
    {
        var tokenizer = Load();
        Assert.Equal([256, 257, 'c', 258, ' ', 257], tokenizer.Encode("ab abc<end>  ab", true));
        Assert.Equal([0xF0, 0x9F, 0x98, 0x80], tokenizer.Encode("😀", false));
        Assert.Equal([0xEF, 0xBF, 0xBD, 'a'], tokenizer.Encode("\uD83Da", false));
        Assert.Equal((259, false, false), (tokenizer.VocabularySize, tokenizer.AddsBos, tokenizer.AddsEos));
    }

    [Fact]
    public void A_prefix_space_is_put_where_the_file_says_so() =>
        Assert.Equal([257, 258, 257], Load(json => json["pre_tokenizer"]!["add_prefix_space"] = true).Encode("ab<end> ab", false));

    [Fact]
    public void A_piece_that_is_a_token_needs_no_merges_where_they_are_ignored()
    {
        void NoMerges(JsonObject json) => json["model"]!["merges"] = new JsonArray();
        Assert.Equal(['a', 'b'], Load(NoMerges).Encode("ab", false));
        Assert.Equal([256], Load(json => { NoMerges(json); json["model"]!["ignore_merges"] = true; }).Encode("ab", false));
    }

    [Fact]
    public void Digits_are_cut_one_by_one_or_in_runs()
    {
        void Digits(JsonObject json, bool single)
        {
            json["pre_tokenizer"] = new JsonObject
            {
                ["type"] = "Sequence",
                ["pretokenizers"] = new JsonArray(
                    new JsonObject { ["type"] = "Digits", ["individual_digits"] = single },
                    new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["use_regex"] = true }),
            };
            json["model"]!["vocab"]!["12"] = 300;
            json["model"]!["merges"]!.AsArray().Add("1 2");
        }
        Assert.Equal(['1', '2', 257], Load(json => Digits(json, true)).Encode("12 ab", false));
        Assert.Equal([300, 257], Load(json => Digits(json, false)).Encode("12 ab", false));
    }

    [Fact]
    public void Added_tokens_take_spaces_and_respect_words_as_flagged()
    {
        var tokenizer = Load(json => json["added_tokens"] = new JsonArray(
            Added(300, "<l>", "lstrip"), Added(301, "<r>", "rstrip"), Added(302, "cat", "single_word"), Added(303, "<l><r>")));
        Assert.Equal(['x', 300, 'y'], tokenizer.Encode("x  <l>y", false));
        Assert.Equal(['x', 301, 'y'], tokenizer.Encode("x<r> \ny", false));
        Assert.Equal([302, '.', 'c', 'a', 't', 's'], tokenizer.Encode("cat.cats", false));
        Assert.Equal([303, 300], tokenizer.Encode("<l><r> <l>", false));
    }

    [Fact]
    public void A_long_piece_has_the_ids_that_the_library_would_give()
    {
        using var folder = new TokenizerFolder().With("tokenizer.json", TokenizerFolder.SmallByteLevel().ToJsonString());
        using var document = JsonPlace.Parse(Path.Combine(folder.Folder, "tokenizer.json"));
        var model = new JsonPlace("t", "", document.RootElement).Need("model");
        var vocabulary = TokenTable.Read(model.Need("vocab"));
        var bpe = new ByteLevelBpe(vocabulary, vocabulary.ReadMerges(model.Need("merges")), PreTokenizers.Read(null), false);
        Gen.Int[0, 3].Select(i => "ab é"[i]).Array[1, 60].Sample(chars =>
        {
            List<int> library = [], own = [];
            bpe.Append(new string(chars), library);
            bpe.AppendLong(chars, own);
            Assert.Equal(library, own);
        }, iter: 1000);
        var tokenizer = folder.Load();
        Assert.Equal(Enumerable.Repeat(256, 100_000), tokenizer.Encode(string.Concat(Enumerable.Repeat("ab", 100_000)), false));
    }

    [Fact]
    public void Streamed_text_is_decoded_text_and_that_of_the_bytes()
    {
        var tokenizer = Load();
        Gen.OneOf(Gen.Int[0, 255], Gen.Int[0x80, 0xF4], Gen.Int[0, 3].Select(i => (int)"\u00F0\u009F\u0098\u0080"[i])).Array[0, 30].Sample(bytes =>
        {
            int[] ids = bytes;
            string expected = Encoding.UTF8.GetString(ids.Select(b => (byte)b).ToArray());
            var decoder = new StreamingDecoder(tokenizer);
            Assert.Equal(expected, string.Concat(ids.Select(decoder.Push)) + decoder.Flush());
            Assert.Equal(expected, tokenizer.Decode(ids));
        }, iter: 3000);
    }

    [Fact]
    public void A_character_is_printed_when_its_last_byte_is_there()
    {
        var decoder = new StreamingDecoder(Load());
        Assert.Equal(["", "", "", "😀", "a", ""], new[] { 0xF0, 0x9F, 0x98, 0x80, 'a', 258 }.Select(decoder.Push));
        Assert.Equal("", decoder.Push(0xF0));
        Assert.Equal("\uFFFD", decoder.Flush());
        Assert.Equal("b", decoder.Push('b'));
    }

    [Fact]
    public void The_template_of_the_file_puts_tokens_around_a_text()
    {
        JsonObject Special(string id) => new() { ["SpecialToken"] = new JsonObject { ["id"] = id, ["type_id"] = 0 } };
        var json = TokenizerFolder.SmallByteLevel();
        json["added_tokens"]!.AsArray().Add(Added(259, "<begin>", "special"));
        json["post_processor"] = new JsonObject
        {
            ["type"] = "Sequence",
            ["processors"] = new JsonArray(new JsonObject { ["type"] = "ByteLevel" }, new JsonObject
            {
                ["type"] = "TemplateProcessing",
                ["single"] = new JsonArray(Special("<begin>"), new JsonObject { ["Sequence"] = new JsonObject { ["id"] = "A" } }, Special("<end>")),
                ["special_tokens"] = new JsonObject
                {
                    ["<begin>"] = new JsonObject { ["ids"] = new JsonArray(259) },
                    ["<end>"] = new JsonObject { ["ids"] = new JsonArray(258) },
                },
            }),
        };
        using var folder = new TokenizerFolder().With("tokenizer.json", json.ToJsonString())
            .With("tokenizer_config.json", """{"bos_token": {"content": "<begin>"}, "eos_token": "<end>", "pad_token": null, "add_bos_token": false}""");
        var tokenizer = folder.Load();
        Assert.Equal([259, 256, 258], tokenizer.Encode("ab", true));
        Assert.Equal([256], tokenizer.Encode("ab", false));
        Assert.Equal((259, 258, (int?)null, true, true), (tokenizer.BosId, tokenizer.EosId, tokenizer.PadId, tokenizer.AddsBos, tokenizer.AddsEos));
        Assert.Equal("ab", tokenizer.Decode([259, 256, 258]));
        Assert.Equal("<begin>ab<end>", tokenizer.Decode([259, 256, 258], skipSpecialTokens: false));
    }

    [Fact]
    public void The_config_adds_tokens_where_the_file_has_no_template()
    {
        using var folder = new TokenizerFolder().With("tokenizer.json", TokenizerFolder.SmallByteLevel().ToJsonString())
            .With("tokenizer_config.json", """{"eos_token": "<end>", "add_bos_token": true, "add_eos_token": true}""");
        var tokenizer = folder.Load();
        Assert.Equal([256, 258], tokenizer.Encode("ab", true));
        Assert.Equal((false, true), (tokenizer.AddsBos, tokenizer.AddsEos));
    }
}
