using System.Text;

namespace PureLora.Jinja;

/// <summary>The methods of <c>str</c>. Those that look at characters are in <see cref="StringTests"/>.</summary>
internal static class StringMethods
{
    delegate Value Body(Run run, TextValue self, Bound arguments);

    static readonly Dictionary<string, (string Parameters, Body Body)> methods = new()
    {
        ["capitalize"] = ("/", (run, s, a) => Make(run, s, LetterCase.Capitalize(s.Text))),
        ["casefold"] = ("/", (run, s, a) => Make(run, s, LetterCase.Fold(s.Text))),
        ["center"] = ("width, fillchar=, /", (run, s, a) => Pad(run, s, a, '^')),
        ["count"] = ("sub, start=, end=, /", (run, s, a) => Value.Of(Search.All(Window(s, a, out _), a["sub"] is TextValue t ? t.Text : throw MustBeText(a["sub"]), int.MaxValue).Count(_ => Stepped(run)) * (InRange(s, a) ? 1 : 0))),
        ["encode"] = ("encoding=, errors=", (run, s, a) => throw PythonError.Type("'str.encode' makes bytes, which templates here do not have")),
        ["endswith"] = ("suffix, start=, end=, /", (run, s, a) => Affix(s, a, "suffix", "endswith", (text, part) => text.EndsWith(part, StringComparison.Ordinal))),
        ["expandtabs"] = ("tabsize=", (run, s, a) => ExpandTabs(run, s, a.Int("tabsize", 8))),
        ["find"] = ("sub, start=, end=, /", (run, s, a) => Value.Of(Find(run, s, a, last: false))),
        ["format"] = ("*args, **kwargs", (run, s, a) => Format(run, s, a.Rest)),
        ["format_map"] = ("mapping, /", (run, s, a) => s.With(new BraceFormat(run, [], name => a["mapping"].Element(new TextValue(name))).Apply(s.Text))),
        ["index"] = ("sub, start=, end=, /", (run, s, a) => Found(Find(run, s, a, last: false))),
        ["join"] = ("iterable, /", (run, s, a) => Join(run, s, a["iterable"])),
        ["ljust"] = ("width, fillchar=, /", (run, s, a) => Pad(run, s, a, '<')),
        ["lower"] = ("/", (run, s, a) => Make(run, s, LetterCase.Lower(s.Text))),
        ["lstrip"] = ("chars=, /", (run, s, a) => Strip(run, s, a, "lstrip", left: true, right: false)),
        ["partition"] = ("sep, /", (run, s, a) => Partition(s, a, last: false)),
        ["removeprefix"] = ("prefix, /", (run, s, a) => s.Text.StartsWith(a.Text("prefix"), StringComparison.Ordinal) ? s.With(s.Text[a.Text("prefix").Length..]) : s),
        ["removesuffix"] = ("suffix, /", (run, s, a) => s.Text.EndsWith(a.Text("suffix"), StringComparison.Ordinal) ? s.With(s.Text[..^a.Text("suffix").Length]) : s),
        ["replace"] = ("old, new, count=, /", (run, s, a) => s.IsMarkup
            ? Replace(run, s, Texts.Escaped(run, a["old"]).Text, Texts.Escaped(run, a["new"]).Text, a.Int("count", -1))
            : Replace(run, s, a.Text("old"), a.Text("new"), a.Int("count", -1))),
        ["rfind"] = ("sub, start=, end=, /", (run, s, a) => Value.Of(Find(run, s, a, last: true))),
        ["rindex"] = ("sub, start=, end=, /", (run, s, a) => Found(Find(run, s, a, last: true))),
        ["rjust"] = ("width, fillchar=, /", (run, s, a) => Pad(run, s, a, '>')),
        ["rpartition"] = ("sep, /", (run, s, a) => Partition(s, a, last: true)),
        ["rsplit"] = ("sep=, maxsplit=", (run, s, a) => Split(run, s, a, fromEnd: true)),
        ["rstrip"] = ("chars=, /", (run, s, a) => Strip(run, s, a, "rstrip", left: false, right: true)),
        ["split"] = ("sep=, maxsplit=", (run, s, a) => Split(run, s, a, fromEnd: false)),
        ["splitlines"] = ("keepends=", (run, s, a) => ListOf(run, s, Splitting.Lines(s.Text, a.Flag("keepends")))),
        ["startswith"] = ("prefix, start=, end=, /", (run, s, a) => Affix(s, a, "prefix", "startswith", (text, part) => text.StartsWith(part, StringComparison.Ordinal))),
        ["strip"] = ("chars=, /", (run, s, a) => Strip(run, s, a, "strip", left: true, right: true)),
        ["striptags"] = ("/", (run, s, a) => new TextValue(Texts.WithoutTags(s.Text))),
        ["swapcase"] = ("/", (run, s, a) => Make(run, s, LetterCase.Swap(s.Text))),
        ["title"] = ("/", (run, s, a) => Make(run, s, LetterCase.Title(s.Text))),
        ["translate"] = ("table, /", Translate),
        ["unescape"] = ("/", (run, s, a) => new TextValue(System.Net.WebUtility.HtmlDecode(s.Text))),
        ["upper"] = ("/", (run, s, a) => Make(run, s, LetterCase.Upper(s.Text))),
        ["zfill"] = ("width, /", (run, s, a) => Make(run, s, ZeroFill(run, s, a.Int("width", 0)))),
    };

    public static Value? Of(TextValue self, string name)
    {
        if (name is "striptags" or "unescape" && !self.IsMarkup) return null;
        if (methods.TryGetValue(name, out var method)) return new MethodValue(self, name, method.Parameters, (run, bound) => method.Body(run, self, bound));
        return StringTests.Find(name) is { } test ? new MethodValue(self, name, "/", (_, _) => Value.Of(test(self.Text))) : null;
    }

    static TextValue Make(Run run, TextValue self, string text)
    {
        run.Making(text.Length);
        return self.With(text);
    }

    static bool Stepped(Run run)
    {
        run.Step();
        return true;
    }

    public static ListValue ListOf(Run run, TextValue self, IEnumerable<string> pieces)
    {
        run.Step(self.Weight);
        var items = new List<Value>();
        foreach (string piece in pieces)
        {
            run.Step(2);
            items.Add(self.With(piece));
        }
        return new ListValue([.. items]);
    }

    public static TextValue Replace(Run run, TextValue self, string old, string with, int count)
    {
        string text = self.Text;
        var to = new StringBuilder();
        int at = 0;
        foreach (int found in Search.All(text, old, count < 0 ? int.MaxValue : count))
        {
            run.Write(to, text[at..found]);
            run.Write(to, with);
            run.Step();
            at = found + old.Length;
        }
        if (at == 0 && to.Length == 0) return self;
        run.Write(to, text[at..]);
        return self.With(to.ToString());
    }

    public static TextValue Join(Run run, TextValue self, Value items)
    {
        if (items.Iterate() is null) throw PythonError.Type("can only join an iterable");
        var to = new StringBuilder();
        int index = 0;
        foreach (var item in Iteration.Of(run, items))
        {
            if (item is not TextValue && !self.IsMarkup) throw PythonError.Type($"sequence item {index}: expected str instance, {item.Kind} found");
            if (index++ > 0) run.Write(to, self.Text);
            run.Write(to, self.IsMarkup ? Texts.Escaped(run, item).Text : ((TextValue)item).Text);
        }
        return self.With(to.ToString());
    }

    static TextValue Format(Run run, TextValue self, Arguments given)
    {
        Value Shown(Value value) => self.IsMarkup && !Numbers.IsNumber(value) ? Texts.Escaped(run, value) : value;
        return self.With(new BraceFormat(run, [.. given.Positional.Select(Shown)],
            name => given.Named.Where(n => n.Name == name).Select(n => Shown(n.Value)).FirstOrDefault()).Apply(self.Text));
    }

    static TextValue Strip(Run run, TextValue self, Bound a, string name, bool left, bool right)
    {
        run.Step(self.Weight);
        var chars = a.Find("chars");
        if (chars is not (null or NoneValue or TextValue)) throw PythonError.Type($"{name} arg must be None or str");
        return self.With(Splitting.Strip(self.Text, (chars as TextValue)?.Text, left, right));
    }

    static ListValue Split(Run run, TextValue self, Bound a, bool fromEnd)
    {
        int most = a.Int("maxsplit", -1);
        if (most < 0) most = int.MaxValue;
        var separator = a.Find("sep");
        if (separator is not (null or NoneValue or TextValue)) throw PythonError.Type($"must be str or None, not {separator.Kind}");
        if (separator is TextValue { Text: "" }) throw PythonError.Value("empty separator");
        var pieces = separator is TextValue s
            ? fromEnd ? Splitting.FromEnd(self.Text, s.Text, most) : Splitting.At(self.Text, s.Text, most)
            : fromEnd ? Splitting.WordsFromEnd(self.Text, most) : Splitting.Words(self.Text, most);
        var list = ListOf(run, self, pieces);
        return fromEnd ? new ListValue([.. list.Items.Reverse()]) : list;
    }

    static TupleValue Partition(TextValue self, Bound a, bool last)
    {
        if (a["sep"] is not TextValue { Text: var separator }) throw MustBeText(a["sep"]);
        if (separator.Length == 0) throw PythonError.Value("empty separator");
        int at = last ? Search.LastIndexOf(self.Text, separator) : Search.IndexOf(self.Text, separator, 0);
        string[] parts = at >= 0 ? [self.Text[..at], separator, self.Text[(at + separator.Length)..]] : last ? ["", "", self.Text] : [self.Text, "", ""];
        return new TupleValue(Array.ConvertAll<string, Value>(parts, self.With));
    }

    /// <summary>The part between <c>start</c> and <c>end</c>, and how many code points stand before it.</summary>
    static string Window(TextValue self, Bound a, out int before)
    {
        int length = self.Length;
        int start = Place(a.Find("start"), 0), end = Place(a.Find("end"), length);
        before = Math.Min(start, length);
        return Texts.Slice(self, before, Math.Max(0, end - before), 1).Text;

        int Place(Value? value, int otherwise)
        {
            if (value is null or NoneValue) return otherwise;
            if (!Numbers.IsInteger(value, out _)) throw PythonError.Type("slice indices must be integers or None or have an __index__ method");
            int at = Bound.ToInt(value);
            return at < 0 ? Math.Max(0, at + length) : ReferenceEquals(value, a.Find("end")) ? Math.Min(at, length) : at;
        }
    }

    /// <summary>Past its end a text has not even an empty part.</summary>
    static bool InRange(TextValue self, Bound a)
    {
        if (a.Find("start") is not { } start || start is NoneValue) return true;
        int from = Bound.ToInt(start), to = a.Has("end") ? Bound.ToInt(a["end"]) : self.Length;
        if (from < 0) from = Math.Max(0, from + self.Length);
        if (to < 0) to = Math.Max(0, to + self.Length);
        return from <= self.Length && from <= to;
    }

    static int Find(Run run, TextValue self, Bound a, bool last)
    {
        run.Step(self.Weight);
        if (a["sub"] is not TextValue { Text: var part }) throw MustBeText(a["sub"]);
        string window = Window(self, a, out int before);
        if (!InRange(self, a)) return -1;
        int found = last ? Search.LastIndexOf(window, part) : Search.IndexOf(window, part, 0);
        return found < 0 ? -1 : before + CodePoints.IndexOf(window, found);
    }

    static Value Found(int index) => index >= 0 ? Value.Of(index) : throw PythonError.Value("substring not found");

    static PythonError MustBeText(Value value) => PythonError.Type($"must be str, not {value.Kind}");

    static Value Affix(TextValue self, Bound a, string parameter, string name, Func<string, string, bool> fits)
    {
        Value[] parts = a[parameter] switch
        {
            TextValue one => [one],
            TupleValue several => several.Items,
            var other => throw PythonError.Type($"{name} first arg must be str or a tuple of str, not {other.Kind}"),
        };
        string window = Window(self, a, out _);
        return Value.Of(InRange(self, a) && parts.Any(part => part is TextValue text
            ? fits(window, text.Text) : throw PythonError.Type($"tuple for {name} must only contain str, not {part.Kind}")));
    }

    static TextValue Pad(Run run, TextValue self, Bound a, char align)
    {
        int width = Bound.ToInt(a["width"]);
        string fill = a.Find("fillchar") is not { } given ? " " : given is not TextValue f
            ? throw PythonError.Type($"The fill character must be a unicode character, not {given.Kind}")
            : f.Length == 1 ? f.Text : throw PythonError.Type("The fill character must be exactly one character long");
        return self.With(Padded(run, self, width, fill, align));
    }

    public static string Padded(Run run, TextValue self, int width, string fill, char align)
    {
        run.Making(Math.Max(self.Text.Length, width));
        if (width <= self.Length) return self.Text;
        int missing = width - self.Length;
        // Python puts the odd one to the left where the width is odd too.
        int before = align switch { '<' => 0, '>' => missing, _ => missing / 2 + (missing & width & 1) };
        return new StringBuilder().Insert(0, fill, before).Append(self.Text).Insert(fill.Length * before + self.Text.Length, fill, missing - before).ToString();
    }

    static string ZeroFill(Run run, TextValue self, int width)
    {
        run.Making(Math.Max(self.Text.Length, width));
        string text = self.Text, zeros = new('0', Math.Max(self.Length, width) - self.Length);
        return text.Length > 0 && text[0] is '+' or '-' && text.Length > 0 ? text[0] + zeros + text[1..] : zeros + text;
    }

    static Value Translate(Run run, TextValue self, Bound a)
    {
        var to = new StringBuilder();
        foreach (int code in CodePoints.Of(self.Text))
        {
            run.Step();
            var with = a["table"] is DictValue or SequenceValue ? a["table"].Element(Value.Of(code)) : throw PythonError.Type($"'{a["table"].Kind}' object is not subscriptable");
            if (with is null) CodePoints.Append(to, code);
            else if (with is TextValue text) run.Write(to, text.Text);
            else if (Numbers.IsInteger(with, out var other) && other.Sign >= 0 && other <= 0x10FFFF) CodePoints.Append(to, (int)other);
            else if (with is not NoneValue) throw PythonError.Type("character mapping must return integer, None or str");
        }
        return self.With(to.ToString());
    }

    static TextValue ExpandTabs(Run run, TextValue self, int size)
    {
        var to = new StringBuilder();
        int column = 0;
        foreach (int code in CodePoints.Of(self.Text))
        {
            if (code == '\t')
            {
                int spaces = size > 0 ? size - column % size : 0;
                run.Write(to, Padded(run, TextValue.Empty, spaces, " ", '<'));
                column += spaces;
                continue;
            }
            CodePoints.Append(to, code);
            column = code is '\n' or '\r' ? 0 : column + 1;
        }
        return self.With(to.ToString());
    }
}
