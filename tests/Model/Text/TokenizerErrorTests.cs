using System.Text.Json.Nodes;
using CsCheck;

namespace PureLora.Tests;

/// <summary>Broken and foreign tokenizer files: one clear sentence each, never wrong ids.</summary>
public class TokenizerErrorTests
{
    static string Error(string json, string? config = null)
    {
        using var folder = new TokenizerFolder().With("tokenizer.json", json);
        if (config is not null) folder.With("tokenizer_config.json", config);
        var error = Assert.Throws<PureLoraException>(folder.Load);
        Assert.DoesNotContain('\n', error.Message);
        Assert.StartsWith(folder.Folder, error.Message);
        return error.Message[(folder.Folder.Length + 1)..];
    }

    static string Broken(Action<JsonObject> change, bool byteFallback = false)
    {
        var json = byteFallback ? TokenizerFolder.SmallByteFallback() : TokenizerFolder.SmallByteLevel();
        change(json);
        return Error(json.ToJsonString());
    }

    static JsonObject Split(string pattern, string behavior = "Isolated") => new()
    {
        ["type"] = "Sequence",
        ["pretokenizers"] = new JsonArray(
            new JsonObject { ["type"] = "Split", ["pattern"] = new JsonObject { ["Regex"] = pattern }, ["behavior"] = behavior, ["invert"] = false },
            new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["use_regex"] = false }),
    };

    [Fact]
    public void A_folder_without_a_tokenizer_is_named()
    {
        using var folder = new TokenizerFolder();
        var error = Assert.Throws<PureLoraException>(folder.Load);
        Assert.Contains(Path.Combine(folder.Folder, "tokenizer.json") + ": cannot be read", error.Message);
        Assert.EndsWith("Check that the folder is a Hugging Face model folder with its tokenizer.", error.Message);
    }

    [Fact]
    public void Broken_JSON_is_named_by_its_line()
    {
        Assert.StartsWith("tokenizer.json: line 3 is not valid JSON", Error("{\n\"model\":\n}"));
        Assert.StartsWith("tokenizer.json: line 1 is not valid JSON", Error(""));
        Assert.StartsWith("tokenizer_config.json: line 2 is not valid JSON", Error(TokenizerFolder.SmallByteLevel().ToJsonString(), "{\n'}"));
        Assert.StartsWith("tokenizer.json: line 1 is not valid JSON", Error(new string('[', 100_000)));
    }

    [Fact]
    public void A_file_cut_anywhere_is_one_clear_error()
    {
        string whole = TokenizerFolder.SmallByteLevel().ToJsonString();
        for (int length = 0; length < whole.Length; length += 97) Assert.Contains("is not valid JSON", Error(whole[..length]));
    }

    [Fact]
    public void Any_damage_to_a_file_is_an_error_of_one_line_or_none()
    {
        byte[] whole = System.Text.Encoding.UTF8.GetBytes(TokenizerFolder.SmallByteFallback().ToJsonString());
        using var folder = new TokenizerFolder();
        string file = Path.Combine(folder.Folder, "tokenizer.json");
        int refused = 0;
        Gen.Int[0, whole.Length - 1].Select(Gen.OneOf(Gen.Byte, Gen.Int[0, 9].Select(i => (byte)"\"\\{}[],09n"[i]))).Array[1, 3].Sample(changes =>
        {
            byte[] damaged = [.. whole];
            foreach (var (at, value) in changes) damaged[at] = value;
            File.WriteAllBytes(file, damaged);
            try
            {
                TextTokenizer.Load(folder.Folder).Encode("ab <s> é", true);
            }
            catch (PureLoraException e)
            {
                refused++;
                Assert.DoesNotContain('\n', e.Message);
            }
        }, iter: 1500, threads: 1);
        Assert.True(refused > 500, $"{refused}");
    }

    [Theory]
    [InlineData("""{"model": {"\ud800": 1, "vocab": {}}}""")]
    [InlineData("""{"model": {"type": "\ud800"}}""")]
    [InlineData("""{"model": {"type": "BPE", "vocab": {"\udc00": 1}}}""")]
    public void Broken_Unicode_is_refused(string json) => Assert.Contains("broken Unicode", Error(json));

    [Fact]
    public void Missing_and_wrongly_typed_parts_are_named()
    {
        Assert.Equal("tokenizer.json is without \"model\", but a tokenizer needs \"model\" there. Download the file again.", Broken(json => json.Remove("model")));
        Assert.StartsWith("tokenizer.json is a list, but a tokenizer needs an object.", Error("[]"));
        Assert.StartsWith("tokenizer.json: model is without \"vocab\"", Broken(json => json["model"]!.AsObject().Remove("vocab")));
        Assert.StartsWith("tokenizer.json: model.vocab is a list", Broken(json => json["model"]!["vocab"] = new JsonArray()));
        Assert.StartsWith("tokenizer.json: model.vocab is empty", Broken(json => json["model"]!["vocab"] = new JsonObject()));
        Assert.StartsWith("tokenizer.json: model.merges[0] is of 1 parts", Broken(json => json["model"]!["merges"] = new JsonArray("ab")));
        Assert.StartsWith("tokenizer.json: model.merges[0] is 7, but a tokenizer needs a string", Broken(json => json["model"]!["merges"] = new JsonArray(7)));
        Assert.StartsWith("tokenizer.json: added_tokens[0] is without \"content\"", Broken(json => json["added_tokens"]![0]!.AsObject().Remove("content")));
        Assert.StartsWith("tokenizer.json: model.byte_fallback is \"yes\", but a tokenizer needs true or false", Broken(json => json["model"]!["byte_fallback"] = "yes"));
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("2147483647")]
    [InlineData("99999999999999")]
    [InlineData("1.5")]
    [InlineData("\"1\"")]
    public void An_id_out_of_range_is_refused_before_anything_is_allocated(string id) => Assert.StartsWith(
        $"tokenizer.json: model.vocab \"ab\" is {id}, but a tokenizer needs a whole number from 0 to 4194303",
        Error(TokenizerFolder.SmallByteLevel().ToJsonString().Replace("\"ab\":256", $"\"ab\":{id}")));

    [Fact]
    public void Ids_and_tokens_are_there_once()
    {
        Assert.StartsWith("tokenizer.json: model.vocab is a list where \"ab\" and \"a\" both have id 97, but a tokenizer needs one token per id", Broken(json => json["model"]!["vocab"]!["ab"] = 97));
        string twice = TokenizerFolder.SmallByteLevel().ToJsonString().Replace("\"ab\":256", "\"ab\":256,\"ab\":300");
        Assert.StartsWith("tokenizer.json: model.vocab is a list with \"ab\" twice", Error(twice));
        Assert.StartsWith("tokenizer.json: added_tokens[0] is \"ab\" with id 258, but a tokenizer needs its id in the vocabulary, 256", Broken(json => json["added_tokens"]![0]!["content"] = "ab"));
    }

    [Fact]
    public void A_merge_of_unknown_tokens_is_refused()
    {
        Assert.StartsWith("tokenizer.json: model.merges[1] is a merge with \"zz\", but", Broken(json => json["model"]!["merges"]![1] = "a zz"));
        Assert.StartsWith("tokenizer.json: model.merges[0] is a merge with \"ba\", but", Broken(json => json["model"]!["merges"]![0] = new JsonArray("b", "a")));
    }

    [Fact]
    public void A_token_with_a_role_must_exist() => Assert.Equal(
        "tokenizer_config.json: eos_token is \"</s>\", but a tokenizer needs a token of the vocabulary there. Correct the name or add the token.",
        Error(TokenizerFolder.SmallByteLevel().ToJsonString(), """{"eos_token": {"content": "</s>"}}"""));

    [Fact]
    public void A_template_with_an_unknown_id_is_refused() => Assert.Contains("ids[0] is 9999, but a tokenizer needs an id of the vocabulary", Broken(json => json["post_processor"] = JsonNode.Parse(
        """{"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "x"}}, {"Sequence": {"id": "A"}}], "special_tokens": {"x": {"ids": [9999]}}}""")));

    [Fact]
    public void Kinds_that_are_not_here_are_named_with_those_that_are()
    {
        JsonObject Kind(string type) => new() { ["type"] = type };
        Assert.Equal("tokenizer.json: normalizer is a normalizer of type BertNormalizer, which is not supported; supported: NFC, NFD, NFKC, NFKD, Prepend, Replace, Lowercase, Strip, StripAccents, Nmt, ByteLevel, Sequence. Use a model with another tokenizer.",
            Broken(json => json["normalizer"] = Kind("BertNormalizer")));
        Assert.StartsWith("tokenizer.json: pre_tokenizer is a pre-tokenizer of type UnicodeScripts, which is not supported; supported: ByteLevel, Split, Digits, Metaspace,",
            Broken(json => json["pre_tokenizer"] = Kind("UnicodeScripts")));
        Assert.StartsWith("tokenizer.json: pre_tokenizer.pretokenizers[0].behavior is Doubled, which is not supported; supported: Isolated, Removed, MergedWithPrevious, MergedWithNext, Contiguous.",
            Broken(json => json["pre_tokenizer"] = Split(" ", "Doubled")));
        Assert.StartsWith("tokenizer.json: model is a model of type Unigram", Broken(json => json["model"]!["type"] = "Unigram"));
        Assert.StartsWith("tokenizer.json: model is a BPE with dropout", Broken(json => json["model"]!["dropout"] = 0.1));
        Assert.StartsWith("tokenizer.json: decoder is a decoder of type WordPiece", Broken(json => json["decoder"] = Kind("WordPiece")));
        Assert.StartsWith("tokenizer.json: decoder.decoders[1] is ByteFallback after the tokens are one text",
            Broken(json => json["decoder"]!["decoders"] = new JsonArray(Kind("Fuse"), Kind("ByteFallback")), byteFallback: true));
        Assert.StartsWith("tokenizer.json: post_processor is a post-processor of type WordPiece", Broken(json => json["post_processor"] = Kind("WordPiece")));
        Assert.StartsWith("tokenizer.json: post_processor.cls is no pair", Broken(json => json["post_processor"] = JsonNode.Parse("""{"type": "BertProcessing", "cls": ["a"], "sep": ["b", 1]}""")));
    }

    [Theory]
    [InlineData(@"(a)\1", @"\1")]
    [InlineData(@"\X", @"\X")]
    [InlineData(@"\p{Klingon}", @"\p{Klingon}")]
    [InlineData("(?x: a)", "the group (?x")]
    [InlineData("(?(a)b)", "the group (?(")]
    [InlineData("(a", "a ( without its )")]
    [InlineData("a)", "a ) that closes nothing")]
    [InlineData("[a", "a [ without its ]")]
    [InlineData("[b-a]", "a range that runs backwards")]
    [InlineData("*a", "a * that repeats nothing")]
    [InlineData("a{2,1}", "the repeat {2,1}")]
    [InlineData("(?:ab){500}{500}", "repeats that make it longer than 20000 steps")]
    [InlineData("(?:(?:(?:){999}){999}){999}", "repeats that make it longer than 20000 steps")]
    [InlineData("(?<=a*)b", "a look behind over more than 255 characters")]
    [InlineData("a\\", "a backslash at its end")]
    public void A_pattern_that_cannot_be_read_as_Oniguruma_does_is_refused(string pattern, string what) =>
        Assert.StartsWith($"tokenizer.json: pre_tokenizer.pretokenizers[0].pattern.Regex is a regular expression with {what}, which is not supported", Broken(json => json["pre_tokenizer"] = Split(pattern)));

    [Fact]
    public void A_pattern_without_bounds_is_refused()
    {
        string Nested(string open, string close, int depth) => string.Concat(Enumerable.Repeat(open, depth)) + "a" + string.Concat(Enumerable.Repeat(close, depth));
        Assert.Contains("groups deeper than 64", Broken(json => json["pre_tokenizer"] = Split(Nested("(", ")", 1000))));
        Assert.Contains("classes deeper than 16", Broken(json => json["pre_tokenizer"] = Split(Nested("[", "]", 1000))));
        Assert.Contains("20000 characters, more than 16384", Broken(json => json["pre_tokenizer"] = Split(new string('a', 20000))));
        Assert.Contains("more than 64 repeats of one part", Broken(json => json["pre_tokenizer"] = Split("a" + new string('+', 200))));
    }

    [Fact]
    public void More_steps_than_any_file_has_are_refused()
    {
        static JsonArray Many(string type) => new(Enumerable.Range(0, 65).Select(_ => (JsonNode)new JsonObject { ["type"] = type }).ToArray());
        Assert.Contains("one step more than 64", Broken(json => json["normalizer"] = new JsonObject { ["type"] = "Sequence", ["normalizers"] = Many("NFC") }));
        Assert.Contains("one step more than 64", Broken(json => json["pre_tokenizer"] = new JsonObject { ["type"] = "Sequence", ["pretokenizers"] = Many("Digits") }));
        Assert.Contains("one stage more than 64", Broken(json => json["decoder"] = new JsonObject { ["type"] = "Sequence", ["decoders"] = Many("ByteFallback") }));
    }

    [Fact]
    public void Replacements_that_blow_a_text_up_are_refused()
    {
        static JsonObject Replace(string old, int length, string kind = "String") => new() { ["type"] = "Replace", ["pattern"] = new JsonObject { [kind] = old }, ["content"] = new string('a', length) };
        Assert.Contains("normalizer is a replacement that, with those before it, makes a text more than 256 times longer", Broken(json => json["normalizer"] = Replace("a", 300)));
        Assert.Contains("normalizers[8] is a replacement that", Broken(json => json["normalizer"] = new JsonObject
        {
            ["type"] = "Sequence",
            ["normalizers"] = new JsonArray(Enumerable.Range(0, 20).Select(_ => (JsonNode)Replace("a", 2)).ToArray()),
        }));
        Assert.Contains("makes a text more than 256 times longer", Broken(json => json["normalizer"] = new JsonObject { ["type"] = "Prepend", ["prepend"] = new string('a', 300) }));
        Assert.Contains("decoders[1] is a replacement that", Broken(json => json["decoder"] = new JsonObject
        {
            ["type"] = "Sequence",
            ["decoders"] = new JsonArray(Replace("a", 200), Replace("x", 1, "Regex")),
        }));
    }

    [Fact]
    public void Negative_ids_have_no_text()
    {
        using var folder = new TokenizerFolder().With("tokenizer.json", TokenizerFolder.SmallByteLevel().ToJsonString());
        var tokenizer = folder.Load();
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.Decode([-100]));
        Assert.Equal("ab", tokenizer.Decode([5_000_000, 256]));
    }
}
