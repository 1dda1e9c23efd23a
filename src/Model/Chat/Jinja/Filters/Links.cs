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

    /// <summary>
    /// A scheme or <c>www.</c> and a host with a top-level name, or a host under one of a few well-known names; or a scheme and a number of IP.
    /// </summary>
    static bool IsAddress(string word)
    {
        int scheme = word.StartsWith("https://", StringComparison.OrdinalIgnoreCase) ? 8 : word.StartsWith("http://", StringComparison.OrdinalIgnoreCase) ? 7 : 0;
        string rest = word[scheme..];
        int end = rest.StartsWith('[') ? rest.IndexOf(']') + 1 : rest.AsSpan().IndexOfAny(":/?#");
        string host = end < 0 ? rest : rest[..end], after = end < 0 ? "" : rest[end..];
        if (after.StartsWith(':'))
        {
            int digits = after.Skip(1).TakeWhile(char.IsDigit).Count();
            if (digits is 0 or > 5) return false;
            after = after[(digits + 1)..];
        }
        if (after.Length > 0 && after[0] is not ('/' or '?' or '#')) return false;
        if (scheme > 0 && (IsIPv4(host) || IsIPv6(host))) return true;
        bool www = host.StartsWith("www.", StringComparison.OrdinalIgnoreCase);
        var labels = (www ? host[4..] : host).Split('.');
        bool named = labels.All(label => label.Length > 0 && label.All(c => IsWordChar(c) || c is '%' or '-'));
        if (!named) return false;
        string top = labels[^1].ToLowerInvariant();
        if (scheme > 0 || www) return top.Length is >= 2 and <= 63 && top.All(char.IsAsciiLetter) || top.StartsWith("xn--", StringComparison.Ordinal);
        return labels.Length > 1 && top is "com" or "net" or "int" or "edu" or "gov" or "org" or "info" or "mil" && labels.SkipLast(1).All(label => label.Length is >= 2 and <= 63);
    }

    static bool IsIPv4(string host) => host.Split('.') is { Length: 4 } parts && parts.All(p => p.Length is >= 1 and <= 3 && p.All(char.IsDigit));

    static bool IsIPv6(string host) => host.Length > 4 && host[0] == '[' && host[^1] == ']' && host[1..^1].All(c => char.IsAsciiHexDigit(c) || c == ':')
        && host[1..^1].Split(':') is { Length: >= 3 and <= 9 } parts && parts.All(p => p.Length <= 4);

    static bool IsWordChar(char c) => char.IsLetterOrDigit(c) || c == '_';

    static bool IsMail(string word) => word.Split('@') is [{ Length: > 0 }, { } host]
        && host.Split('.') is { Length: > 1 } names && names.All(n => n.Length > 0 && n.All(c => IsWordChar(c) || c == '-'));
}
