using System.CommandLine;

namespace PureLora;

/// <summary>
/// The settings of a record as flags of a command. Values stay text until <see cref="ConfigKey.Parse"/>, so that a flag
/// and a YAML line are read, checked and refused by the same code.
/// </summary>
sealed class Flags<T> where T : class, new()
{
    readonly List<(ConfigKey Key, Option<string> Option)> options = [];
    readonly List<(ConfigKey Key, Argument<string> Argument)> places = [];

    /// <param name="command">Gets the flags.</param>
    /// <param name="complete">Whether the command needs what a run is required to be told; its help says so.</param>
    public Flags(Command command, bool complete)
    {
        foreach (var key in ConfigKey.Of<T>())
            if (key.Positional)
            {
                var argument = new Argument<string>(key.Key) { Description = key.Description, Arity = ArgumentArity.ExactlyOne };
                places.Add((key, argument));
                command.Add(argument);
            }
            else
            {
                var option = new Option<string>(key.Flag)
                {
                    Description = $"{key.Description} {Default(key, complete)}".TrimEnd(),
                    HelpName = key.Placeholder,
                    // A switch may stand alone: --use-rslora is --use-rslora true.
                    Arity = key.Type == typeof(bool) ? ArgumentArity.ZeroOrOne : key.IsList ? ArgumentArity.OneOrMore : ArgumentArity.ExactlyOne,
                };
                // A list may come as one word with commas, or as the flag given again.
                if (key.IsList)
                    option.CustomParser = result => string.Join(',', result.Tokens.Select(token => token.Value));
                options.Add((key, option));
                command.Add(option);
            }
    }

    public T Read(ParseResult parse, T start)
    {
        var given = new Dictionary<ConfigKey, object>();
        foreach (var (key, argument) in places)
            if (parse.GetResult(argument) is { Tokens: [var word] })
                given[key] = key.Parse(word.Value, "command line", key.Flag);
        foreach (var (key, option) in options)
            if (parse.GetResult(option) is { } result)
                given[key] = key.Parse(result.Tokens.Count > 0 ? string.Join(',', result.Tokens.Select(token => token.Value)) : "true", "command line", key.Flag);
        return ConfigKey.With(start, given);
    }

    static string Default(ConfigKey key, bool complete) =>
        key.Required && complete ? "[required]" : key.Default is "" ? "" : $"[default: {key.DefaultText}]";
}
