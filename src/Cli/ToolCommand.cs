using System.CommandLine;

namespace PureLora;

/// <summary>A command with examples for its help page.</summary>
abstract class ToolCommand(string name, string description, IReadOnlyList<string> examples) : Command(name, description)
{
    public IReadOnlyList<string> Examples { get; } = examples;
}

/// <summary>
/// A command whose flags are the settings of the record <typeparamref name="T"/>, and <c>--json</c>. It reads them
/// into the record and runs.
/// </summary>
class ToolCommand<T> : ToolCommand where T : class, new()
{
    readonly Action<T, Report, CancellationToken> run;
    readonly Flags<T> flags;
    readonly Option<bool> json = new("--json") { Description = "Write one JSON object with the results; progress goes to standard error." };

    public ToolCommand(string name, string description, IReadOnlyList<string> examples, Action<T, Report, CancellationToken> run, bool complete = true)
        : base(name, description, examples)
    {
        this.run = run;
        flags = new(this, complete);
        Add(json);
        SetAction((parse, stop) =>
        {
            stop.ThrowIfCancellationRequested();
            var console = parse.InvocationConfiguration;
            bool terminal = ReferenceEquals(console.Output, Console.Out) && !Console.IsOutputRedirected;
            Run(parse, new Report(console.Output, console.Error, parse.GetValue(json), terminal, terminal ? Math.Max(40, Console.WindowWidth) : 80), stop);
            return Task.FromResult(0);
        });
    }

    /// <summary>Runs the command; one with words of its own beside the settings reads them here.</summary>
    protected virtual void Run(ParseResult parse, Report report, CancellationToken stop) => run(Settings(parse), report, stop);

    /// <summary>The record that a command line asks for.</summary>
    /// <exception cref="UsageException">A value is wrong or a required one is missing.</exception>
    public virtual T Settings(ParseResult parse)
    {
        var settings = Override(parse, new T());
        foreach (var key in ConfigKey.Of<T>())
            if (key.Required && key.Get(settings) is null or "" && Equals(key.Get(settings), key.Default))
                throw new UsageException($"command line: {key.Flag} is missing, but {Name} needs it. Give "
                    + (key.Positional ? $"{key.Flag} after {Name}." : $"{key.Flag} <{key.Placeholder}>."));
        return settings;
    }

    /// <summary>A copy of <paramref name="start"/> with the flags given over it.</summary>
    protected T Override(ParseResult parse, T start) => flags.Read(parse, start);
}
