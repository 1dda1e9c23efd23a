using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;

namespace PureLora;

/// <summary>All commands under one root, and what a command line that fits none of them is told.</summary>
static class CommandLine
{
    public static RootCommand Root()
    {
        var root = new RootCommand("Fine-tunes language models with LoRA, in C# alone.");
        foreach (var command in new Command[]
        {
            new QuickstartCommand(), new TrainCommand(), new DataCommand(), new PlanCommand(), new BenchCommand(), new GenerateCommand(), new ChatCommand(), new MergeCommand(), new QuantizeCommand(),
            new InfoCommand(), new TokenizeCommand(), new TemplateCommand(), new DevicesCommand(), new ForwardCommand(), new ConfigurationCommand(),
        })
            root.Add(command);
        var help = root.Options.OfType<HelpOption>().Single();
        var pages = new HelpWithExamples((HelpAction)help.Action!);
        help.Action = pages;
        root.SetAction(parse => pages.Invoke(parse));
        return root;
    }

    /// <exception cref="UsageException">One word is wrong: which, and what was meant.</exception>
    public static ParseResult Parse(string[] args)
    {
        var parse = Root().Parse(args, new ParserConfiguration
        {
            // A prompt may start with @, and a value such as -1 is no bundle of letters.
            ResponseFileTokenReplacer = null,
            EnablePosixBundling = false,
        });
        var command = parse.CommandResult.Command;
        // The library takes an unknown flag for a word that has a place, such as the folder of `info`.
        var words = parse.CommandResult.Children.OfType<ArgumentResult>().SelectMany(a => a.Tokens).Select(t => t.Value);
        if (words.FirstOrDefault(LooksLikeFlag) is { } misplaced)
            throw UnknownFlag(misplaced, command);
        if (parse.Errors.Count == 0)
            return parse;
        // A mistyped flag leaves other errors behind it (its value, a flag that seems missing), so it comes first.
        var values = parse.CommandResult.Children.OfType<OptionResult>().SelectMany(o => o.Tokens).Select(t => t.Value);
        if (parse.UnmatchedTokens.Concat(values).FirstOrDefault(LooksLikeFlag) is { } flag)
            throw UnknownFlag(flag, command);
        if (parse.UnmatchedTokens.Count == 0 && command.Arguments.FirstOrDefault(a => parse.GetResult(a) is null or { Tokens.Count: 0 }) is { } missing)
            throw new UsageException($"command line: the {missing.Name} is missing, but {command.Name} needs it. Give it after the command: purelora {command.Name} DIR.");
        if (parse.UnmatchedTokens.Count == 0)
            throw new UsageException($"command line: {parse.Errors[0].Message} {SeeHelp(command)}");
        var word = Spelling.Quote(parse.UnmatchedTokens[0]);
        var names = command.Subcommands.Where(c => !c.Hidden).Select(c => c.Name).ToList();
        throw new UsageException(names.Count == 0
            ? $"command line: {word} is one word too many for {command.Name}. Put quotes around a value with spaces in it; {SeeHelp(command, "see")}"
            : $"command line: {word} is no command, but {FullName(command)} needs {Spelling.AnyOf(names)}. "
                + Spelling.Advice(parse.UnmatchedTokens[0], names, SeeHelp(command)));
    }

    static bool LooksLikeFlag(string word) =>
        word.StartsWith("--", StringComparison.Ordinal) && word.Length > 2 && !word.Any(char.IsWhiteSpace);

    static UsageException UnknownFlag(string flag, Command command)
    {
        var name = flag.Split('=', ':')[0];
        var nearest = Spelling.Nearest(name, command.Options.Where(o => !o.Hidden).Select(o => o.Name));
        return new($"command line: {Spelling.Quote(name)} is no flag of {FullName(command)}. "
            + (ForeignNames.Needless(name) is { } answer ? answer : nearest is null ? SeeHelp(command) : $"Write {nearest} if you meant that; {SeeHelp(command, "see")}"));
    }

    static string SeeHelp(Command command, string see = "See") => $"{see} '{FullName(command)} --help'.";

    /// <summary>With the commands above it: <c>purelora bench step</c>.</summary>
    internal static string FullName(Command command) =>
        command is RootCommand ? "purelora" : $"{FullName(command.Parents.OfType<Command>().First())} {command.Name}";
}
