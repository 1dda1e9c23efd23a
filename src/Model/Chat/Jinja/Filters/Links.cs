using System.Text;

namespace PureLora.Jinja;

/// <summary><c>urlize</c>: words that are addresses become HTML links; the punctuation around them stays outside.</summary>
internal static class Links
{
    public static Value Apply(Run run, Bound a)
    {
        var relations = new SortedSet<string>(StringComparer.Ordinal) { "noopener" };
        if (a.Has("rel")) relations.UnionWith(Splitting.Words(Printer.Str(run, a["rel"])));
        if (a.Flag("nofollow")) relations.Add("nofollow");
        int? limit = a.Has("trim_url_limit") ? Bound.ToInt(a["trim_url_limit"]) : null;
        var schemes = a.Has("extra_schemes") ? Iteration.ToList(run, a["extra_schemes"]).ConvertAll(s => Printer.Str(run, s)) : [];
        foreach (string scheme in schemes)
            if (!IsScheme(scheme)) throw PythonError.Filter($"{TextRepr.Of(scheme)} is not a valid URI scheme prefix.");
        string attributes = $" rel=\"{Texts.Escaped(run, new TextValue(string.Join(' ', relations))).Text}\""
            + (a.Has("target") ? $" target=\"{Texts.Escaped(run, a["target"]).Text}\"" : "");
        string html = Texts.Escaped(run, TextFilters.Soft(run, a["value"])).Text;
        var to = new StringBuilder();
        for (int at = 0; at < html.Length;)
        {
            int end = at;
            bool space = CodePoints.IsSpace(html[at]);
            while (end < html.Length && CodePoints.IsSpace(html[end]) == space) end++;
            string word = html[at..end];
            run.Write(to, space ? word : Word(word, attributes, limit, schemes));
            at = end;
        }
        return new TextValue(to.ToString(), run.Escapes);
    }

    static bool IsScheme(string scheme)
    {
        int colon = scheme.IndexOf(':');
        return colon >= 2 && scheme[..colon].All(c => char.IsLetterOrDigit(c) || c is '_' or '.' or '+' or '-') && scheme[(colon + 1)..] is "" or "/" or "//";
    }

    static string Word(string word, string attributes, int? limit, List<string> schemes)
    {
        string[] opens = ["(", "<", "&lt;"], closes = [")", ">", ".", ",", "\n", "&gt;"];
        int start = 0, end = word.Length;
        while (opens.FirstOrDefault(o => string.CompareOrdinal(word, start, o, 0, o.Length) == 0) is { } open) start += open.Length;
        while (closes.FirstOrDefault(c => end - c.Length >= start && string.CompareOrdinal(word, end - c.Length, c, 0, c.Length) == 0) is { } close) end -= close.Length;
        // Brackets opened inside keep their closing ones.
        foreach (var (open, close) in ((string, string)[])[("(", ")"), ("<", ">"), ("&lt;", "&gt;")])
        {
            int more = Count(word[start..end], open) - Count(word[start..end], close);
            for (; more > 0 && word.IndexOf(close, end, StringComparison.Ordinal) is >= 0 and var found; more--) end = found + close.Length;
        }
        string middle = word[start..end];
        return word[..start] + Middle(middle, attributes, limit, schemes) + word[end..];
    }

    static int Count(string text, string part) => Search.All(text, part, int.MaxValue).Count();

    static string Middle(string word, string attributes, int? limit, List<string> schemes)
    {
        string Shown() => limit is { } most && CodePoints.Count(word) > most ? CodePoints.First(word, Math.Max(0, most)) + "..." : word;
        if (IsAddress(word))
            return $"<a href=\"{(word.StartsWith("https://", StringComparison.OrdinalIgnoreCase) || word.StartsWith("http://", StringComparison.OrdinalIgnoreCase) ? "" : "https://")}{word}\"{attributes}>{Shown()}</a>";
        if (word.StartsWith("mailto:", StringComparison.Ordinal) && IsMail(word[7..])) return $"<a href=\"{word}\">{word[7..]}</a>";
        if (word.Contains('@') && !word.StartsWith("www.", StringComparison.Ordinal) && !word.StartsWith('@') && !word.Contains(':') && IsMail(word)) return $"<a href=\"mailto:{word}\">{word}</a>";
        return schemes.Any(s => word != s && word.StartsWith(s, StringComparison.Ordinal)) ? $"<a href=\"{word}\"{attributes}>{word}</a>" : word;
    }

    /// <summary>A scheme and a host, or a host whose name says that it is one.</summary>
    static bool IsAddress(string word)
    {
        int scheme = word.StartsWith("https://", StringComparison.OrdinalIgnoreCase) ? 8 : word.StartsWith("http://", StringComparison.OrdinalIgnoreCase) ? 7 : 0;
        string rest = word[scheme..];
        int end = rest.AsSpan().IndexOfAny("/?#");
        string host = end < 0 ? rest : rest[..end];
        int colon = host.LastIndexOf(':');
        if (colon > 0 && host[(colon + 1)..] is { Length: > 0 and <= 5 } port && port.All(char.IsAsciiDigit)) host = host[..colon];
        if (scheme > 0) return host.Length > 0 && (host == "localhost" || host.All(IsHost) && host[0] != '.' || host.StartsWith('[') && host.EndsWith(']'));
        bool known = host.StartsWith("www.", StringComparison.OrdinalIgnoreCase) || ((string[])[".com", ".net", ".org"]).Any(t => host.EndsWith(t, StringComparison.OrdinalIgnoreCase));
        return known && host.Split('.') is { Length: > 1 } names && names.All(n => n.Length > 0 && n.All(c => IsHost(c)));
    }

    static bool IsHost(char c) => char.IsLetterOrDigit(c) || c is '.' or '-' or '_' or '%';

    static bool IsMail(string word) => word.Split('@') is [{ Length: > 0 } name, { } host]
        && host.Split('.') is { Length: > 1 } names && names.All(n => n.Length > 0 && n.All(c => char.IsLetterOrDigit(c) || c is '_' or '-'));
}
