using System.Text.Json;

namespace PureLora.Tests;

public sealed class TemplateCommandTests : IDisposable
{
    readonly ScratchFolder folder = new();

    public void Dispose() => folder.Dispose();

    string Write(string name, string text)
    {
        File.WriteAllText(folder.File(name), text);
        return folder.File(name);
    }

    (int Code, string Output, string Error) Run(string template, string messages, params string[] more)
    {
        Write("chat_template.jinja", template);
        return ProgramTests.Run(["template", "--tokenizer", folder.Path, "--messages", Write("messages.json", messages), .. more]);
    }

    const string Hello = """[{"role": "user", "content": "Hi\n"}]""";

    [Fact]
    public void Without_a_tokenizer_there_is_the_text_alone()
    {
        var (code, output, _) = Run("{{ messages[0].content }}{{ add_generation_prompt }}", Hello, "--add-generation-prompt", "--json");
        Assert.Equal(0, code);
        Assert.Equal("""{"text":"Hi\nTrue","ids":null}""", output.Trim());
    }

    [Fact]
    public void Ids_are_those_of_the_text_without_special_tokens_again()
    {
        Write("tokenizer.json", TokenizerFolder.SmallByteLevel().ToJsonString());
        var (code, output, _) = Run("<end>{{ messages[0].content }}", """{"messages": [{"role": "user", "content": "ab"}]}""", "--json");
        Assert.Equal(0, code);
        Assert.Equal("""{"text":"<end>ab","ids":[258,256]}""", output.Trim());
    }

    [Fact]
    public void Variables_and_tools_reach_the_template()
    {
        string tools = Write("tools.json", """[{"name": "f"}]""");
        var (code, output, _) = Run("{{ tools[0].name }}{{ thinking }}{{ word }}", Hello, "--tools", tools, "--set", "thinking=false", "--set", "word=\"a=b\"");
        Assert.Equal((0, "fFalsea=b"), (code, output));
    }

    [Theory]
    [InlineData("thinking")]
    [InlineData("thinking=maybe")]
    public void A_variable_needs_a_name_and_a_value_in_json(string set)
    {
        var (code, _, error) = Run("", Hello, "--set", set);
        Assert.Equal(2, code);
        Assert.StartsWith("error: command line: --set ", error);
    }

    [Fact]
    public void An_error_is_told_with_its_line_and_an_exit_code_of_1()
    {
        var (code, output, error) = Run("\n{{ raise_exception('no') }}", Hello, "--json");
        Assert.Equal(1, code);
        var json = JsonDocument.Parse(output).RootElement;
        Assert.Equal(("TemplateError: no", 2), (json.GetProperty("error").GetString(), json.GetProperty("line").GetInt32()));
        Assert.Contains("chat_template.jinja: line 2: TemplateError: no.", error);
    }
}
