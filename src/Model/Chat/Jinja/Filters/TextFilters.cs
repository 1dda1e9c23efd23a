using System.Globalization;
using System.Text;

namespace PureLora.Jinja;

/// <summary>Filters that give a text for a text. Other values count as what they print, unless said otherwise.</summary>
internal static class TextFilters
{
    public static readonly Dictionary<string, Function> All = new()
    {
        ["capitalize"] = new("do_capitalize", "s", (run, a) => Changed(run, a["s"], LetterCase.Capitalize)),
        ["center"] = new("do_center", "value, width=", (run, a) => Soft(run, a["value"]) is var text ? text.With(StringMethods.Padded(run, text, a.Int("width", 80), " ", '^')) : text),
        ["e"] = new("escape", "s, /", (run, a) => Texts.Escaped(run, a["s"])),
        ["escape"] = new("escape", "s, /", (run, a) => Texts.Escaped(run, a["s"])),
        ["forceescape"] = new("do_forceescape", "value", (run, a) => Texts.Escaped(run, Soft(run, a["value"]).Plain)),
        ["format"] = new("do_format", "value, *args, **kwargs", Format),
        ["lower"] = new("do_lower", "s", (run, a) => Changed(run, a["s"], LetterCase.Lower)),
        ["replace"] = new("do_replace", "s, old, new, count=", Replace),
        ["safe"] = new("do_mark_safe", "value", (run, a) => new TextValue(Printer.Str(run, a["value"]), markup: true)),
        ["string"] = new("soft_str", "s", (run, a) => Soft(run, a["s"])),
        ["striptags"] = new("do_striptags", "value", (run, a) => run.Text(Texts.WithoutTags(Printer.Str(run, a["value"])))),
        ["title"] = new("do_title", "s", (run, a) => run.Text(Title(Printer.Str(run, a["s"])))),
        ["trim"] = new("do_trim", "value, chars=", (run, a) => Soft(run, a["value"]) is var text && a.Find("chars") is null or NoneValue or TextValue
            ? Stripped(run, text, a.Find("chars") as TextValue) : throw PythonError.Type("strip arg must be None or str")),
        ["upper"] = new("do_upper", "s", (run, a) => Changed(run, a["s"], LetterCase.Upper)),
        ["urlencode"] = new("do_urlencode", "value", UrlEncode),
        ["urlize"] = new("do_urlize", "value, trim_url_limit=, nofollow=, target=, rel=, extra_schemes=", Links.Apply),
        ["wordcount"] = new("do_wordcount", "s", (run, a) => Value.Of(WordCount(Printer.Str(run, a["s"])))),
        ["xmlattr"] = new("do_xmlattr", "d, autospace=", XmlAttributes),
    };

    /// <summary>A text as it is, anything else as it prints.</summary>
    public static TextValue Soft(Run run, Value value) => value as TextValue ?? run.Text(Printer.Str(run, value));

    static TextValue Changed(Run run, Value value, Func<string, string> change)
    {
        var text = Soft(run, value);
        run.Making(text.Text.Length);
        return text.With(change(text.Text));
    }

    static TextValue Stripped(Run run, TextValue text, TextValue? chars)
    {
        run.Step(text.Weight);
        return text.With(Splitting.Strip(text.Text, chars?.Text, left: true, right: true));
    }

    static Value Format(Run run, Bound a)
    {
        if (a.Rest.Positional.Count > 0 && a.Rest.Named.Count > 0) throw PythonError.Filter("can't handle positional and keyword arguments at the same time");
        Value values = a.Rest.Named.Count > 0 ? DictMethods.Make(run, "dict", new Arguments([], a.Rest.Named)) : new TupleValue([.. a.Rest.Positional]);
        return Texts.Format(run, Soft(run, a["value"]), values);
    }

    static Value Replace(Run run, Bound a)
    {
        string Part(string name) => Printer.Str(run, a[name]);
        int count = a.Int("count", -1, noneToo: true);
        if (!run.Escapes) return StringMethods.Replace(run, Soft(run, a["s"]).Plain, Part("old"), Part("new"), count);
        bool markup = a["old"] is TextValue { IsMarkup: true } || a["new"] is TextValue { IsMarkup: true };
        var text = markup ? Texts.Escaped(run, a["s"]) : Soft(run, a["s"]);
        string Shown(string name) => text.IsMarkup ? Texts.Escaped(run, a[name]).Text : Part(name);
        return StringMethods.Replace(run, text, Shown("old"), Shown("new"), count);
    }

    /// <summary>Words begin after spaces, hyphens and opening brackets, not after other signs as in <c>str.title</c>.</summary>
    static string Title(string text)
    {
        var titled = new StringBuilder();
        for (int at = 0; at < text.Length;)
        {
            int end = at;
            bool gap = IsGap(text[at]);
            while (end < text.Length && IsGap(text[end]) == gap) end++;
            int first = CodePoints.UnitsAt(text, at);
            titled.Append(LetterCase.Upper(text.Substring(at, first))).Append(LetterCase.Lower(text[(at + first)..end]));
            at = end;
        }
        return titled.ToString();

        static bool IsGap(char c) => c is '-' or '(' or '{' or '[' or '<' || CodePoints.IsSpace(c);
    }

    static int WordCount(string text)
    {
        int words = 0;
        bool inside = false;
        foreach (int code in CodePoints.Of(text))
        {
            bool letter = code == '_' || StringTests.IsLetter(code) || CodePoints.Category(code) is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;
            words += letter && !inside ? 1 : 0;
            inside = letter;
        }
        return words;
    }

    static Value UrlEncode(Run run, Bound a)
    {
        var value = a["value"];
        if (value is TextValue || value.Iterate() is null) return run.Text(Quoted(Printer.Str(run, value), query: false));
        var pairs = new List<string>();
        foreach (var item in Iteration.Of(run, value is DictValue dict ? new DictViewValue(dict, "items") : value))
        {
            if (item.Iterate() is null) throw PythonError.Type($"cannot unpack non-iterable {item.Kind} object");
            var pair = Iteration.ToList(run, item);
            if (pair.Count != 2) throw PythonError.Value(pair.Count > 2 ? "too many values to unpack (expected 2)" : $"not enough values to unpack (expected 2, got {pair.Count})");
            pairs.Add(string.Join('=', pair.Select(part => Quoted(Printer.Str(run, part), query: true))));
        }
        return run.Text(string.Join('&', pairs));
    }

    static string Quoted(string text, bool query)
    {
        var quoted = new StringBuilder(text.Length);
        foreach (byte b in Encoding.UTF8.GetBytes(text))
            if (char.IsAsciiLetterOrDigit((char)b) || b is (byte)'_' or (byte)'.' or (byte)'-' or (byte)'~' || b == '/' && !query) quoted.Append((char)b);
            else if (b == ' ' && query) quoted.Append('+');
            else quoted.Append('%').Append(b.ToString("X2", CultureInfo.InvariantCulture));
        return quoted.ToString();
    }

    static Value XmlAttributes(Run run, Bound a)
    {
        if (a["d"] is not DictValue dict) throw a["d"] is UndefinedValue undefined ? undefined.Error : new PythonError("AttributeError", $"'{a["d"].Kind}' object has no attribute 'items'");
        var parts = new List<string>();
        foreach (var (key, value) in dict.Entries)
        {
            if (value is NoneValue or UndefinedValue) continue;
            if (key is not TextValue name) throw PythonError.Type($"expected string or bytes-like object, got '{key.Kind}'");
            if (name.Text.AsSpan().ContainsAny(" \t\n\r\f\v/>=")) throw PythonError.Value($"Invalid character in attribute name: {TextRepr.Of(name.Text)}");
            parts.Add($"{Texts.Escaped(run, name).Text}=\"{Texts.Escaped(run, value).Text}\"");
        }
        string all = string.Join(' ', parts);
        if (all.Length > 0 && (a.Find("autospace")?.Truth ?? true)) all = " " + all;
        run.Making(all.Length);
        return new TextValue(all, run.Escapes);
    }
}
