using System.Net;
using System.Text;

namespace PureLora.Jinja;

/// <summary>What operators do with texts; a Markup escapes what it is joined with.</summary>
internal static class Texts
{
    public static TextValue Join(Run run, TextValue a, TextValue b)
    {
        bool markup = a.IsMarkup || b.IsMarkup;
        string left = markup ? Escaped(run, a).Text : a.Text, right = markup ? Escaped(run, b).Text : b.Text;
        run.Making((long)left.Length + right.Length);
        return new TextValue(left + right, markup);
    }

    public static TextValue Format(Run run, TextValue format, Value given)
    {
        if (format.IsMarkup)
            given = given switch
            {
                TupleValue tuple => new TupleValue(Array.ConvertAll(tuple.Items, item => ForFormat(run, item))),
                DictValue dict => Pairs(dict.Entries.Select(e => (e.Key, ForFormat(run, e.Value)))),
                _ => ForFormat(run, given),
            };
        return format.With(PercentFormat.Apply(run, format.Text, given));
    }

    static Value ForFormat(Run run, Value value) => Numbers.IsNumber(value) ? value : Escaped(run, value);

    static DictValue Pairs(IEnumerable<(Value Key, Value Value)> pairs)
    {
        var dict = new DictValue();
        foreach (var (key, value) in pairs) dict.Put(key, value);
        return dict;
    }

    /// <summary>As HTML: <c>&amp;</c>, brackets and both quotes; a Markup is left as it is.</summary>
    public static TextValue Escaped(Run run, Value value)
    {
        if (value is TextValue { IsMarkup: true } safe) return safe;
        string text = Printer.Str(run, value);
        if (!text.AsSpan().ContainsAny("&<>'\"")) return new TextValue(text, markup: true);
        run.Making(text.Length * 5L);
        return new TextValue(text.Replace("&", "&amp;").Replace(">", "&gt;").Replace("<", "&lt;").Replace("'", "&#39;").Replace("\"", "&#34;"), markup: true);
    }

    /// <summary>HTML without tags and comments, runs of spaces as one, entities as characters.</summary>
    public static string WithoutTags(string html)
    {
        html = Cut(html, "<!--", "-->");
        html = Cut(html, "<", ">");
        var words = new StringBuilder();
        foreach (var word in Splitting.Words(html)) words.Append(words.Length > 0 ? " " : "").Append(word);
        return WebUtility.HtmlDecode(words.ToString());
    }

    static string Cut(string text, string open, string close)
    {
        var kept = new StringBuilder();
        int at = 0;
        for (int start; (start = text.IndexOf(open, at, StringComparison.Ordinal)) >= 0;)
        {
            int end = text.IndexOf(close, start + open.Length, StringComparison.Ordinal);
            if (end < 0) break;
            kept.Append(text, at, start - at);
            at = end + close.Length;
        }
        return kept.Append(text, at, text.Length - at).ToString();
    }

    public static TextValue Slice(TextValue text, int start, int count, int step)
    {
        if (count == 0) return text.With("");
        string s = text.Text;
        if (step == 1)
        {
            int from = text.IsPlain ? start : CodePoints.Offset(s, start);
            int to = text.IsPlain ? start + count : from + CodePoints.Offset(s[from..], count);
            return text.With(s[from..to]);
        }
        var offsets = text.IsPlain ? null : new List<int>();
        for (int at = 0; offsets is not null && at < s.Length; at += CodePoints.UnitsAt(s, at)) offsets.Add(at);
        var taken = new StringBuilder(count);
        for (int i = 0; i < count; i++)
        {
            int index = start + i * step, at = offsets is null ? index : offsets[index];
            taken.Append(s, at, CodePoints.UnitsAt(s, at));
        }
        return text.With(taken.ToString());
    }
}
