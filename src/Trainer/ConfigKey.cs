using System.Reflection;

namespace PureLora;

/// <summary>
/// One setting of a flat record: its YAML key, its flag, its default, and how a text becomes its value. Made from the
/// properties that carry <see cref="SettingAttribute"/>.
/// </summary>
public sealed class ConfigKey
{
    readonly PropertyInfo property;
    readonly SettingAttribute setting;

    ConfigKey(PropertyInfo property, SettingAttribute setting, object defaults)
    {
        (this.property, this.setting) = (property, setting);
        Key = string.Concat(property.Name.Select((c, i) =>
            char.IsUpper(c) ? (i == 0 ? "" : "_") + char.ToLowerInvariant(c)
            : IsNumberedWord(property.Name, i) ? "_" + c : c.ToString()));
        Flag = setting.Positional ? $"<{Key}>" : "--" + Key.Replace('_', '-');
        Default = Get(defaults);
    }

    /// <summary>Whether a word begins with a digit here: the 4 of LoadIn4bit, not the 1 of AdamBeta1.</summary>
    static bool IsNumberedWord(string name, int i) => i > 0 && char.IsAsciiDigit(name[i]) && i + 1 < name.Length && char.IsAsciiLetterLower(name[i + 1]);

    /// <summary>The YAML key, such as <c>learning_rate</c>.</summary>
    public string Key { get; }

    /// <summary>The same as a flag: <c>--learning-rate</c>.</summary>
    public string Flag { get; }

    /// <summary>Null for a setting that is open unless given.</summary>
    public object? Default { get; }

    /// <summary>The default as documentation shows it.</summary>
    public string DefaultText => Default is null ? setting.WhenOpen! : ConfigValue.Format(Default);

    /// <summary>string, int, long, double, bool or <see cref="TargetSpec"/>.</summary>
    public Type Type => Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;

    public string Description => setting.Description;

    public bool Required => setting.Required;

    public bool Positional => setting.Positional;

    public bool IsList => setting.IsList;

    /// <summary>What stands for the value in <c>--help</c>: <c>dir</c>, <c>lora|full</c>, <c>number</c>.</summary>
    public string Placeholder => setting.Placeholder ?? (setting.Choices is { } choices ? string.Join('|', choices)
        : Type == typeof(bool) ? "true|false" : Type == typeof(string) ? "text" : "number");

    /// <summary>What a value must be, in words: <c>a whole number of at least 1, or -1</c>.</summary>
    public string Needs => setting.Choices is { } choices ? Spelling.AnyOf(choices) : IsList ? Placeholder : ConfigValue.Words(Type) + Range();

    /// <summary>The settings of a record, in the order of its declaration.</summary>
    public static IReadOnlyList<ConfigKey> Of<T>() where T : class, new() => KeysOf<T>.All;

    /// <summary>A copy of <paramref name="record"/> with some of its settings replaced.</summary>
    public static T With<T>(T record, IReadOnlyDictionary<ConfigKey, object> values) where T : class, new()
    {
        var copy = new T();
        foreach (var key in Of<T>())
            key.property.SetValue(copy, values.TryGetValue(key, out var value) ? value : key.Get(record));
        return copy;
    }

    public object? Get(object record) => property.GetValue(record);

    /// <summary>The value that <paramref name="text"/> writes.</summary>
    /// <param name="text">As it stands in the file or on the command line.</param>
    /// <param name="where">For the error: <c>run.yaml, line 3</c>.</param>
    /// <param name="name">For the error: the key or the flag.</param>
    /// <exception cref="UsageException">The text is no such value, or out of range.</exception>
    public object Parse(string text, string where, string name)
    {
        var value = ConfigValue.Parse(Type, text)
            ?? throw Refuse(Spelling.Quote(text), where, name, ConfigValue.Advice(Type, text));
        Check(value, where, name);
        return value;
    }

    /// <summary>Refuses a value outside the setting's range or choices.</summary>
    public void Check(object? value, string where, string name)
    {
        if (value is string word && setting.Choices is { } choices && !choices.Any(choice => IsOne(word, choice)))
            throw Refuse(Spelling.Quote(word), where, name, setting.Advice ?? Spelling.Advice(word, choices, ""));
        if (value is int or long or double)
        {
            var number = Convert.ToDouble(value);
            bool inside = double.IsFinite(number) && number >= setting.AtLeast && number > setting.Above
                && number <= setting.AtMost && number < setting.Below;
            if (!inside && number != setting.Or)
                throw Refuse(ConfigValue.Format(value), where, name, "");
        }
    }

    static bool IsOne(string word, string choice)
    {
        if (!choice.EndsWith("[:N]", StringComparison.Ordinal))
            return word == choice;
        var parts = word.Split(':');
        return parts[0] == choice[..^4] && (parts.Length == 1 || (parts.Length == 2 && parts[1].Length > 0 && parts[1].All(char.IsAsciiDigit)));
    }

    internal UsageException Refuse(string actual, string where, string name, string advice)
    {
        if (advice == "")
            advice = Required ? "Change it." : $"Change it, or leave it out for the default, {DefaultText}.";
        return new($"{where}: {name} is {actual}, but it needs {Needs}. {advice}");
    }

    string Range()
    {
        var (low, high) = (Math.Max(setting.AtLeast, setting.Above), Math.Min(setting.AtMost, setting.Below));
        var lower = double.IsFinite(low) ? (setting.Above == low ? " above " : " of at least ") + ConfigValue.Format(low) : "";
        var upper = double.IsFinite(high) ? (setting.Below == high ? " below " : " of at most ") + ConfigValue.Format(high) : "";
        var both = lower != "" && upper != "" ? lower + " and" + upper.Replace(" of", "") : lower + upper;
        return both + (double.IsNaN(setting.Or) ? "" : ", or " + ConfigValue.Format(setting.Or));
    }

    static class KeysOf<T> where T : class, new()
    {
        // Reflection promises no order; metadata tokens follow the declaration. Shared settings come last.
        public static readonly IReadOnlyList<ConfigKey> All = [.. typeof(T).GetProperties()
            .Where(p => p.IsDefined(typeof(SettingAttribute)))
            .OrderBy(p => p.DeclaringType == typeof(T) ? 0 : 1).ThenBy(p => p.MetadataToken)
            .Select(p => new ConfigKey(p, p.GetCustomAttribute<SettingAttribute>()!, new T()))];
    }
}
