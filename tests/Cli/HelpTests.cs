using System.CommandLine;

namespace PureLora.Tests;

public class HelpTests
{
    static readonly string[] commands = ["quickstart", "train", "data", "plan", "bench", "generate", "chat", "merge", "quantize", "info", "tokenize", "template", "devices", "forward"];

    /// <summary>All commands that do something, those under another one too.</summary>
    static IEnumerable<ToolCommand> Tools => CommandLine.Root().Subcommands.SelectMany(c => c.Subcommands.Append(c)).OfType<ToolCommand>();

    [Fact]
    public void Commands_are_those_of_the_page()
    {
        Assert.Equal(commands, CommandLine.Root().Subcommands.Where(c => !c.Hidden).Select(c => c.Name));
        var (code, output, _) = ProgramTests.Run();
        Assert.Equal(0, code);
        Assert.Equal(output, ProgramTests.Run("--help").Output);
        Assert.All(commands, c => Assert.Contains($"\n  purelora {c}", output));
    }

    [Fact]
    public void Every_command_shows_examples_that_it_understands()
    {
        foreach (var command in Tools)
        {
            var (code, output, error) = ProgramTests.Run([.. CommandLine.FullName(command).Split(' ')[1..], "--help"]);
            Assert.Equal((0, ""), (code, error));
            var examples = output[output.IndexOf("Examples:", StringComparison.Ordinal)..].Split('\n')
                .Select(l => l.Trim()).Where(l => l.StartsWith("purelora ")).ToList();
            Assert.Equal(command.Examples, examples);
            foreach (var example in examples)
                CommandLine.Parse([.. System.CommandLine.Parsing.CommandLineParser.SplitCommandLine(example.Split(" >")[0]).Skip(1)]);
        }
    }

    [Fact]
    public void Every_page_says_how_the_command_is_used() =>
        Assert.All(Tools, c => Assert.Contains("Usage:", ProgramTests.Run([.. CommandLine.FullName(c).Split(' ')[1..], "--help"]).Output));

    [Theory]
    [InlineData("train", true)]
    [InlineData("plan", false)]
    [InlineData("bench step", false)]
    public void Only_what_a_command_needs_is_required(string command, bool required) =>
        Assert.Equal(required, ProgramTests.Run([.. command.Split(' '), "--help"]).Output.Contains("[required]"));

    [Fact]
    public void Every_command_takes_json() =>
        Assert.All(Tools, c => Assert.Contains(c.Options, o => o.Name == "--json"));
}
