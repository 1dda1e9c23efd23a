using System.Text;

namespace PureLora.Jinja;

/// <summary>Filters that set a text in lines: <c>indent</c>, <c>truncate</c>, <c>wordwrap</c>, <c>tojson</c>, <c>pprint</c>.</summary>
internal static class LayoutFilters
{
    public static readonly Dictionary<string, Function> All = new()
    {
        ["filesizeformat"] = new("do_filesizeformat", "value, binary=", (run, a) => run.Text(FileSize(ValueFilters.ToFloat(run, a["value"]), a.Flag("binary")))),
        ["indent"] = new("do_indent", "s, width=, first=, blank=", Indent),
        ["pprint"] = new("do_pprint", "value", (run, a) => run.Text(new PrettyPrint(run).Of(a["value"]))),
        ["tojson"] = new("tojson", "x, ensure_ascii=, indent=, separators=, sort_keys=", ToJson),
        ["truncate"] = new("do_truncate", "s, length=, killwords=, end=, leeway=", Truncate),
        ["wordwrap"] = new("do_wordwrap", "s, width=, break_long_words=, wrapstring=, break_on_hyphens=", WordWrap),
    };

    static string Needed(Value value, string attribute) => value switch
    {
        TextValue text => text.Text,
        UndefinedValue undefined => throw undefined.Error,
        _ => throw new PythonError("AttributeError", $"'{value.Kind}' object has no attribute '{attribute}'"),
    };

    static Value Indent(Run run, Bound a)
    {
        var value = a["s"];
        if (value is not TextValue s)
            throw value switch
            {
                UndefinedValue undefined => undefined.Error,
                ListValue => new PythonError("AttributeError", "'list' object has no attribute 'splitlines'"),
                TupleValue => PythonError.Type("can only concatenate tuple (not \"str\") to tuple"),
                _ => PythonError.Type($"unsupported operand type(s) for +=: '{value.Kind}' and 'str'"),
            };
        string space = a.Find("width") is TextValue given ? given.Text : Spaces(run, a.Int("width", 4));
        bool blank = a.Flag("blank"), isFirst = true;
        var text = new StringBuilder(a.Flag("first") ? space : "");
        foreach (string line in Splitting.Lines(s.Text + "\n"))
        {
            run.Step();
            if (!isFirst) run.Write(text, blank || line.Length > 0 ? "\n" + space : "\n");
            run.Write(text, line);
            isFirst = false;
        }
        return s.With(text.ToString());
    }

    static string Spaces(Run run, int count)
    {
        run.Making(count);
        return new string(' ', Math.Max(0, count));
    }

    static Value ToJson(Run run, Bound a)
    {
        string? indent = a.Find("indent") switch
        {
            null or NoneValue => null,
            TextValue text => text.Text,
            var number => Spaces(run, Bound.ToInt(number)),
        };
        string item = indent is null ? ", " : ",", key = ": ";
        if (a.Has("separators"))
        {
            var pair = Iteration.ToList(run, a["separators"]);
            if (pair.Count != 2) throw PythonError.Value(pair.Count > 2 ? "too many values to unpack (expected 2)" : $"not enough values to unpack (expected 2, got {pair.Count})");
            if (pair.FirstOrDefault(p => p is not TextValue) is { } wrong) throw PythonError.Type($"make_encoder() argument 6 must be str, not {wrong.Kind}");
            (item, key) = (((TextValue)pair[0]).Text, ((TextValue)pair[1]).Text);
        }
        return new TextValue(new JsonText(run, a.Flag("ensure_ascii"), indent, item, key, a.Flag("sort_keys")).Of(a["x"]));
    }

    static Value Truncate(Run run, Bound a)
    {
        var value = a["s"];
        int length = a.Int("length", 255), leeway = a.Int("leeway", 5, noneToo: true);
        string end = a.Find("end") is { } given ? Needed(given, "__len__") : "...";
        int endLength = CodePoints.Count(end);
        if (length < endLength) throw new PythonError("AssertionError", $"expected length >= {endLength}, got {length}");
        if (leeway < 0) throw new PythonError("AssertionError", $"expected leeway >= 0, got {leeway}");
        if (value.Count is not { } count) throw PythonError.Type($"object of type '{value.Kind}' has no len()");
        if (count <= (long)length + leeway) return value;
        var cut = Access.Slice(run, value, null, Value.Of(length - endLength), null);
        if (cut is not TextValue text) throw a.Flag("killwords") ? PythonError.Type($"can only concatenate {cut.Kind} (not \"str\") to {cut.Kind}") : new PythonError("AttributeError", $"'{cut.Kind}' object has no attribute 'rsplit'");
        int space = a.Flag("killwords") ? -1 : text.Text.LastIndexOf(' ');
        return text.With((space < 0 ? text.Text : text.Text[..space]) + end);
    }

    static Value WordWrap(Run run, Bound a)
    {
        string text = Needed(a["s"], "splitlines");
        string between = a.Has("wrapstring") ? Needed(a["wrapstring"], "join") : "\n";
        run.Step(2 * text.Length);
        var wrap = new WordWrap(a.Int("width", 79), a.Find("break_long_words")?.Truth ?? true, a.Find("break_on_hyphens")?.Truth ?? true);
        var all = new StringBuilder();
        bool first = true;
        foreach (string paragraph in Splitting.Lines(text))
        {
            if (!first) run.Write(all, between);
            first = false;
            bool firstLine = true;
            foreach (string line in wrap.Lines(paragraph))
            {
                if (!firstLine) run.Write(all, between);
                firstLine = false;
                run.Write(all, line);
                run.Step();
            }
        }
        return new TextValue(all.ToString());
    }

    static string FileSize(double bytes, bool binary)
    {
        double unit = binary ? 1024 : 1000;
        if (bytes == 1) return "1 Byte";
        if (double.IsNegativeInfinity(bytes)) throw new PythonError("OverflowError", "cannot convert float infinity to integer");
        if (bytes < unit) return $"{new System.Numerics.BigInteger(bytes)} Bytes";
        string[] prefixes = ["k", "M", "G", "T", "P", "E", "Z", "Y"];
        double next = unit * unit;
        int at = 0;
        while (at + 1 < prefixes.Length && bytes >= next)
        {
            next *= unit;
            at++;
        }
        double shown = unit * bytes / next;
        string prefix = binary ? prefixes[at].ToUpperInvariant() + "i" : prefixes[at];
        return $"{(double.IsFinite(shown) ? FloatText.Fixed(shown, 1) : FloatText.NotFinite(shown))} {prefix}B";
    }
}
