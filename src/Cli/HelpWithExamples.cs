using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace PureLora;

/// <summary>The library's help page of a command, then its examples.</summary>
sealed class HelpWithExamples(HelpAction page) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parse)
    {
        var output = parse.InvocationConfiguration.Output;
        bool terminal = ReferenceEquals(output, Console.Out) && !Console.IsOutputRedirected;
        page.MaxWidth = terminal ? Math.Max(60, Console.WindowWidth) : 100;
        var command = parse.CommandResult.Command;
        command.Hidden = false; // The library has no page for a hidden one.
        page.Invoke(parse);
        output.WriteLine("Examples:");
        var examples = command is ToolCommand tool
            ? tool.Examples
            : command.Subcommands.SelectMany(c => c.Subcommands.Prepend(c)).OfType<ToolCommand>().Where(c => !c.Hidden).Select(c => c.Examples[0]);
        foreach (var example in examples)
            output.WriteLine("  " + example);
        output.WriteLine();
        if (command is RootCommand)
            output.WriteLine($"Exit codes:\n  {string.Join("\n  ", Program.ExitCodes.Select(c => $"{c.Code,-4} {c.Meaning}"))}\n".ReplaceLineEndings(output.NewLine));
        return 0;
    }
}
