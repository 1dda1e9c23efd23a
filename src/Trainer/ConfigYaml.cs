using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace PureLora;

/// <summary>
/// One flat YAML mapping, read event by event so that every complaint has its line. Of YAML it takes scalars, lists of
/// scalars and comments; nested mappings, anchors, tags and second documents are refused.
/// </summary>
sealed class ConfigYaml(string yaml, string name)
{
    readonly Parser parser = new(new StringReader(yaml));

    /// <summary>The line of the last event, from 1.</summary>
    public long Line => parser.Current?.End.Line ?? 1;

    /// <summary>The value of each key that the text gives.</summary>
    /// <exception cref="UsageException">With the line, what was found and what is needed.</exception>
    public IReadOnlyDictionary<ConfigKey, object> Settings(IReadOnlyList<ConfigKey> keys)
    {
        Dictionary<ConfigKey, object> settings = [];
        var lines = new Dictionary<ConfigKey, long>();
        parser.Consume<StreamStart>();
        if (!parser.TryConsume<DocumentStart>(out _))
            return settings;
        if (parser.Accept<Scalar>(out var nothing) && nothing is { Value: "", Style: ScalarStyle.Plain })
            parser.Consume<Scalar>();
        else
        {
            if (!parser.TryConsume<MappingStart>(out var map) || !map.Anchor.IsEmpty || !map.Tag.IsEmpty)
                throw Refuse(parser.Current, $"the text is {Found(parser.Current)}, but a configuration needs lines of `key: value`. "
                    + "Write one, such as `r: 8`.");
            while (!parser.TryConsume<MappingEnd>(out _))
            {
                var word = parser.Accept<Scalar>(out var at) ? parser.Consume<Scalar>() : throw Refuse(parser.Current,
                    $"a key is {Found(parser.Current)}, but it needs to be a word. Write `key: value`.");
                var key = keys.FirstOrDefault(k => k.Key == word.Value) ?? throw Refuse(word,
                    $"{Spelling.Quote(word.Value)} is no key of the configuration. {ForeignNames.Needless(word.Value) ?? Spelling.Advice(word.Value, keys.Select(k => k.Key), "Look in docs/configuration.md or 'purelora train --help' for the keys.")}");
                if (!lines.TryAdd(key, word.Start.Line))
                    throw Refuse(word, $"{key.Key} is given again (first in line {lines[key]}), but a key needs one value. Remove one of the two.");
                settings[key] = Value(key);
            }
        }
        parser.Consume<DocumentEnd>();
        if (parser.Accept<DocumentStart>(out var second))
            throw Refuse(second, "a second document starts, but a configuration needs one. Remove it and the `---` before it.");
        return settings;
    }

    object Value(ConfigKey key)
    {
        var node = parser.Current!;
        if (node is AnchorAlias || node is NodeEvent e && (!e.Anchor.IsEmpty || !e.Tag.IsEmpty))
            throw Refuse(node, $"{key.Key} has an anchor, an alias or a tag, but it needs {key.Needs}. Write the value itself.");
        if (node is SequenceStart && (key.IsList || key.Type == typeof(TargetSpec)))
            return Names(key);
        if (!parser.TryConsume<Scalar>(out var scalar))
            throw key.Refuse(Found(node), Where(node), key.Key, node is not MappingStart ? "Give it one value."
                : key.Type == typeof(string) ? "Put it in quotes if it is a text that starts with a brace."
                : "Write one `key: value` a line; keys are flat.");
        if (IsNull(scalar) && key.IsList)
            return "";
        if (IsNull(scalar))
            throw key.Refuse("empty", Where(scalar), key.Key, "Give it a value or remove the line.");
        bool isText = key.Type == typeof(string) || key.Type == typeof(TargetSpec);
        if (scalar.Style != ScalarStyle.Plain && !isText)
            throw key.Refuse($"the text {Spelling.Quote(scalar.Value)}", Where(scalar), key.Key, "Remove the quotes.");
        return key.Parse(scalar.Value, Where(scalar), key.Key);
    }

    object Names(ConfigKey key)
    {
        var start = parser.Consume<SequenceStart>();
        var names = new List<string>();
        while (!parser.TryConsume<SequenceEnd>(out _))
        {
            if (!parser.TryConsume<Scalar>(out var item) || string.IsNullOrWhiteSpace(item.Value) || IsNull(item))
                throw key.Refuse($"a list with {(item is null ? Found(parser.Current) : "an empty entry")} in it",
                    Where(parser.Current), key.Key, "List names only.");
            names.Add(item.Value);
        }
        return key.IsList ? string.Join(',', names) : TargetSpec.FromNames(names)
            ?? throw key.Refuse("a list without names", Where(start), key.Key, "List at least one, none of them empty.");
    }

    static bool IsNull(Scalar scalar) =>
        scalar.Style == ScalarStyle.Plain && scalar.Value is "" or "~" or "null" or "Null" or "NULL";

    static string Found(ParsingEvent? node) => node switch
    {
        Scalar scalar => Spelling.Quote(scalar.Value),
        SequenceStart => "a list",
        MappingStart => "a mapping",
        AnchorAlias => "an alias",
        _ => "nothing",
    };

    string Where(ParsingEvent? at) => $"{name}, line {at?.Start.Line ?? 1}";

    UsageException Refuse(ParsingEvent? at, string what) => new($"{Where(at)}: {what}");
}
