using System.Text.Json.Nodes;

namespace PureLora.Tests;

/// <summary>What the files beside tokenizer.json add to it.</summary>
public class TokenizerConfigTests
{
    static TextTokenizer Load(Action<JsonObject>? change, params (string Name, string Text)[] files)
    {
        var json = TokenizerFolder.SmallByteLevel();
        change?.Invoke(json);
        using var folder = new TokenizerFolder().With("tokenizer.json", json.ToJsonString());
        foreach (var (name, text) in files) folder.With(name, text);
        return folder.Load();
    }

    static TextTokenizer Load(string config) => Load(null, ("tokenizer_config.json", config));

    static JsonObject Special(string id) => new() { ["SpecialToken"] = new JsonObject { ["id"] = id, ["type_id"] = 0 } };

    static void Template(JsonObject json)
    {
        json["added_tokens"]!.AsArray().Add(new JsonObject { ["id"] = 259, ["content"] = "<begin>", ["special"] = true });
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
    }

    [Fact]
    public void The_template_of_the_file_puts_tokens_around_a_text()
    {
        var tokenizer = Load(Template, ("tokenizer_config.json", """{"bos_token": {"content": "<begin>"}, "eos_token": "<end>", "pad_token": null, "add_bos_token": false}"""));
        Assert.Equal([259, 256, 258], tokenizer.Encode("ab", true));
        Assert.Equal([256], tokenizer.Encode("ab", false));
        var placed = tokenizer.EncodeWithOffsets(" ab", true);
        Assert.Equal([(0, 0), (0, 3), (0, 0)], placed.Offsets);
        Assert.Equal([259, 257, 258], placed.Ids);
        Assert.Equal((259, 258, (int?)null, true, true), (tokenizer.BosId, tokenizer.EosId, tokenizer.PadId, tokenizer.AddsBos, tokenizer.AddsEos));
        Assert.Equal("ab", tokenizer.Decode([259, 256, 258]));
        Assert.Equal("<begin>ab<end>", tokenizer.Decode([259, 256, 258], skipSpecialTokens: false));
    }

    [Theory]
    [InlineData("RobertaProcessing", "1-3")]
    [InlineData("BertProcessing", "0-3")]
    public void Older_processors_put_one_token_at_each_end(string kind, string offset)
    {
        var tokenizer = Load(json =>
        {
            json["added_tokens"]!.AsArray().Add(new JsonObject { ["id"] = 259, ["content"] = "<begin>", ["special"] = true });
            json["post_processor"] = JsonNode.Parse($$"""{"type": "{{kind}}", "cls": ["<begin>", 259], "sep": ["<end>", 258], "trim_offsets": true, "add_prefix_space": false}""");
        });
        Assert.Equal([259, 257, 258], tokenizer.Encode(" ab", true));
        var (start, end) = tokenizer.EncodeWithOffsets(" ab", true).Offsets[1];
        Assert.Equal(offset, $"{start}-{end}");
    }

    [Fact]
    public void The_config_adds_tokens_where_the_file_has_no_template()
    {
        var tokenizer = Load("""{"eos_token": "<end>", "add_bos_token": true, "add_eos_token": true}""");
        Assert.Equal([256, 258], tokenizer.Encode("ab", true));
        Assert.Equal((false, true), (tokenizer.AddsBos, tokenizer.AddsEos));
    }

    [Fact]
    public void Roles_are_named_as_in_the_config()
    {
        var tokenizer = Load("""{"bos_token": null, "eos_token": {"__type": "AddedToken", "content": "<end>"}, "unk_token": "<gone>", "extra_special_tokens": {"image_token": "<end>"}}""");
        Assert.Equal([("eos_token", "<end>"), ("image_token", "<end>"), ("unk_token", "<gone>")], tokenizer.SpecialTokens.Select(role => (role.Key, role.Value)).Order());
        Assert.Equal((null, 258), (tokenizer.BosId, tokenizer.EosId));
    }

    [Fact]
    public void A_token_with_a_role_is_one_token_and_special()
    {
        var tokenizer = Load("""{"eos_token": "ab", "additional_special_tokens": ["\u0120ab", "<none>"]}""");
        // "abab" has two of it; without a role " ab" would be one, and "c" merges with nothing.
        Assert.Equal([256, 256, 'c', ' ', 256], tokenizer.Encode("ababc ab", false));
        Assert.Equal("c ", tokenizer.Decode(tokenizer.Encode("ababc ab", false)));
        Assert.Equal([257], tokenizer.Encode("\u0120ab", false));
    }

    [Fact]
    public void The_flags_in_the_config_win_and_its_tokens_are_added()
    {
        string config = """{"added_tokens_decoder": {"258": {"content": "<end>", "lstrip": false, "rstrip": true, "normalized": false, "single_word": false, "special": false}, "300": {"content": "<new>", "special": true}}}""";
        var tokenizer = Load(config);
        Assert.Equal([258, 'x', 300], tokenizer.Encode("<end>  x<new>", false));
        Assert.Equal("<end>x", tokenizer.Decode([258, 'x', 300]));
        Assert.Equal(301, tokenizer.VocabularySize);
        // One with a role is special whatever its flag says.
        Assert.Equal("x", Load(config.Insert(1, "\"eos_token\": \"<end>\", ")).Decode([258, 'x', 300]));
    }

    [Fact]
    public void Older_files_are_read_where_the_config_says_nothing()
    {
        var tokenizer = Load(null, ("special_tokens_map.json", """{"eos_token": "<end>", "pad_token": {"content": "ab"}}"""), ("added_tokens.json", """{"<x>": 400, "<end>": 258}"""));
        Assert.Equal((258, 256), (tokenizer.EosId, tokenizer.PadId));
        Assert.Equal(['a', 400], tokenizer.Encode("a<x>", false));
        var both = Load(null, ("tokenizer_config.json", """{"pad_token": "<end>"}"""), ("special_tokens_map.json", """{"pad_token": "ab"}"""));
        Assert.Equal(258, both.PadId);
    }

    [Fact]
    public void Texts_of_a_BPE_are_not_cleaned_up() =>
        Assert.Equal("ab , ab .", Load("""{"clean_up_tokenization_spaces": true}""") is var tokenizer ? tokenizer.Decode(tokenizer.Encode("ab , ab .", false)) : "");

    [Theory]
    [InlineData("""{"added_tokens_decoder": {"x": {"content": "<new>"}}}""", "tokenizer_config.json: added_tokens_decoder is an object with the key \"x\", but a tokenizer needs ids from 0 to 4194303 as keys")]
    [InlineData("""{"added_tokens_decoder": {"97": {"content": "<new>"}}}""", "tokenizer_config.json: added_tokens_decoder \"97\" is a list where \"<new>\" and \"a\" both have id 97")]
    [InlineData("""{"add_bos_token": "yes"}""", "tokenizer_config.json: add_bos_token is \"yes\", but a tokenizer needs true or false")]
    [InlineData("""{"eos_token": 7}""", "tokenizer_config.json: eos_token is 7, but a tokenizer needs a string")]
    [InlineData("""{"additional_special_tokens": 7}""", "tokenizer_config.json: additional_special_tokens is 7, but a tokenizer needs an object")]
    public void A_broken_config_is_named(string config, string message)
    {
        var error = Assert.Throws<PureLoraException>(() => Load(config));
        Assert.Contains(message, error.Message);
    }
}
