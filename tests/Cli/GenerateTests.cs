using System.Text.Json.Nodes;

namespace PureLora.Tests;

/// <summary>What <c>generate</c> takes from the folders around it, and how it says why a text ended.</summary>
public sealed class GenerateTests(TinyFolder tiny) : IClassFixture<TinyFolder>, IDisposable
{
    readonly ScratchFolder scratch = new();

    static (JsonObject Result, string Said) Generate(params string[] args)
    {
        var (code, output, error) = ProgramTests.Run(["generate", "--json", .. args]);
        Assert.True(code == 0, error);
        return (JsonNode.Parse(output)!.AsObject(), error);
    }

    static int[] Tokens(JsonObject result) => [.. result["tokens"]!.AsArray().Select(t => (int)t!)];

    /// <summary>A copy of the model in which <paramref name="file"/> says that <paramref name="id"/> ends a text.</summary>
    string EndsWith(int id, string file)
    {
        var folder = scratch.File($"{file}-{id}");
        Directory.CreateDirectory(folder);
        foreach (var path in Directory.GetFiles(tiny.Base))
            File.Copy(path, Path.Combine(folder, Path.GetFileName(path)));
        var settings = Path.Combine(folder, "config.json");
        if (file == "config.json")
            File.WriteAllText(settings, File.ReadAllText(settings).Replace("\"eos_token_id\": 0", $"\"eos_token_id\": [0, {id}]"));
        else
            File.WriteAllText(Path.Combine(folder, file), $$"""{"eos_token_id": {{id}}, "temperature": 0.6}""");
        return folder;
    }

    [Theory]
    [InlineData("config.json")]
    [InlineData("generation_config.json")]
    public void Either_file_can_name_the_id_that_ends_a_text(string file)
    {
        string[] prompt = ["--prompt", "The cat 1 is", "--max-new-tokens", "6"];
        var (whole, said) = Generate(["--model", tiny.Base, .. prompt]);
        Assert.Equal("length", (string)whole["finish_reason"]!);
        Assert.Equal($"note: cut off after 6 tokens, at the limit of --max-new-tokens.{Environment.NewLine}", said);
        var last = Tokens(whole)[3];
        var (ended, silence) = Generate(["--model", EndsWith(last, file), .. prompt]);
        Assert.Equal(Tokens(whole).TakeWhile(id => id != last), Tokens(ended));
        Assert.Equal(("stop", ""), ((string)ended["finish_reason"]!, silence));
    }

    [Fact]
    public void The_end_of_the_context_is_a_limit_too()
    {
        var (result, said) = Generate("--model", tiny.Base, "--prompt", new string('x', 60), "--max-new-tokens", "100");
        Assert.Equal("length", (string)result["finish_reason"]!);
        Assert.Matches("^note: cut off after [0-9] tokens, at the limit of the model's 64 positions\\.\\s*$", said);
    }

    [Fact]
    public void An_empty_prompt_needs_a_tokenizer_that_adds_a_first_token()
    {
        var (code, _, error) = ProgramTests.Run("generate", "--model", tiny.Base, "--prompt", "");
        if (TextTokenizer.Load(tiny.Base).AddsBos)
            Assert.Equal(0, code);
        else
            Assert.Equal((2, $"error: prompt: it has no token, but generation needs one. Write a prompt, or use a tokenizer that adds a first token.{Environment.NewLine}"), (code, error));
        var folder = EndsWith(0, "generation_config.json");
        var settings = Path.Combine(folder, "tokenizer_config.json");
        var json = JsonNode.Parse(File.ReadAllText(settings))!;
        json["add_bos_token"] = true;
        File.WriteAllText(settings, json.ToJsonString());
        Assert.True(TextTokenizer.Load(folder).AddsBos);
        Assert.Equal(4, Tokens(Generate("--model", folder, "--prompt", "", "--max-new-tokens", "4").Result).Length);
    }

    [Fact]
    public void The_template_of_the_training_run_is_used_and_said_unless_another_is_given()
    {
        Assert.Equal(0, ProgramTests.Run(tiny.TrainArguments(scratch.File("out"), "prompt-template=Say: {prompt} =", "max-steps=1")).Code);
        string[] common = ["--model", tiny.Base, "--adapter", scratch.File("out"), "--prompt", "The cat", "--max-new-tokens", "8"];
        var (taken, said) = Generate(common);
        Assert.Contains($"note: prompt_template 'Say: {{prompt}} =' is taken from {scratch.File("out/purelora.yaml")}; --prompt-template stands over it.", said);
        var (given, silence) = Generate([.. common, "--prompt-template", "Say: {prompt} ="]);
        Assert.DoesNotContain("prompt_template", silence);
        Assert.Equal(Tokens(given), Tokens(taken));
        Assert.NotEqual(Tokens(given), Tokens(Generate([.. common, "--prompt-template", "{prompt}"]).Result));
    }

    [Fact]
    public void Another_base_model_than_the_adapters_is_noted()
    {
        Assert.Equal(0, ProgramTests.Run(tiny.TrainArguments(scratch.File("out"), "max-steps=1")).Code);
        string[] rest = ["--adapter", scratch.File("out"), "--prompt", "The cat", "--max-new-tokens", "1"];
        Assert.DoesNotContain("was trained on", Generate(["--model", tiny.Base + "/", .. rest]).Said);
        var other = EndsWith(0, "generation_config.json");
        Assert.Contains($"note: {scratch.File("out")} was trained on {tiny.Base}, and is used with {other}.", Generate(["--model", other, .. rest]).Said);
        Assert.Contains($"was trained on {tiny.Base}, and is merged into {other}.", ProgramTests.Run("merge", "--model", other, "--adapter", scratch.File("out"), "--out", scratch.File("merged")).Error);
    }

    public void Dispose() => scratch.Dispose();
}
