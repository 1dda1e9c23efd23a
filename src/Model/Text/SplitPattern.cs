using System.Text;
using System.Text.RegularExpressions;

namespace PureLora;

/// <summary>
/// A regular expression of a tokenizer.json, written for Oniguruma, run by .NET. Whatever the two engines read
/// differently is rewritten or refused, never guessed. Subjects come from <see cref="FlatText"/>.
/// </summary>
internal sealed class SplitPattern
{
    /// <summary>The split of GPT-2, which a ByteLevel pre-tokenizer with use_regex means.</summary>
    public const string Gpt2 = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    readonly Regex regex;

    SplitPattern(Regex regex) => this.regex = regex;

    public static SplitPattern Known(string pattern) =>
        new(new Regex(pattern, RegexOptions.CultureInvariant | RegexOptions.Compiled, Longest));

    public static SplitPattern Read(JsonPlace place)
    {
        if (place.Find("String") is { } literal) return Known(Regex.Escape(literal.Text()));
        var where = place.Need("Regex");
        try
        {
            return Known(Translate(where.Text(), where));
        }
        catch (ArgumentException e)
        {
            throw where.Unsupported($"a regular expression that .NET refuses ({e.Message})", Grammar);
        }
    }

    const string Grammar = @"alternatives, classes, \p{..}, \s \S \d \D, groups (?: (?i: (?= (?! (?<= (?<!, greedy and lazy repeats";

    /// <summary>Adds the matches and what lies between them (the behaviour Isolated), in order.</summary>
    public void Isolate(string text, (int Start, int Length) piece, List<(int Start, int Length)> into)
    {
        var span = text.AsSpan(piece.Start, piece.Length);
        int done = 0;
        try
        {
            foreach (var match in regex.EnumerateMatches(span))
            {
                if (match.Length == 0) continue;
                if (match.Index > done) into.Add((piece.Start + done, match.Index - done));
                into.Add((piece.Start + match.Index, match.Length));
                done = match.Index + match.Length;
            }
        }
        catch (RegexMatchTimeoutException e)
        {
            throw new PureLoraException($"tokenizer: the split pattern \"{e.Pattern}\" ran for more than {Longest.TotalSeconds} s on one text. Use a model with another tokenizer.", e);
        }
        if (done < piece.Length) into.Add((piece.Start + done, piece.Length - done));
    }

    static string Translate(string pattern, JsonPlace where)
    {
        var result = new StringBuilder();
        var groups = new Stack<bool>();
        bool ignoreCase = false, inClass = false;
        for (int i = 0; i < pattern.Length; i++)
        {
            char c = pattern[i];
            string rest = pattern[i..Math.Min(pattern.Length, i + 4)];
            if (char.IsSurrogate(c)) throw Refuse("a character above U+FFFF");
            if (c == '\\')
            {
                if (i + 1 == pattern.Length) throw Refuse("a backslash at its end");
                char next = pattern[++i];
                if (char.IsAsciiLetterOrDigit(next) && !"rntsSdDpPu".Contains(next)) throw Refuse($"\\{next}");
                result.Append(c).Append(next);
                // The name in \p{..} is not a literal: an s in it must not meet the case rule below.
                if (next is 'p' or 'P' && i + 1 < pattern.Length && pattern[i + 1] == '{' && pattern.IndexOf('}', i) is var close and > 0)
                {
                    result.Append(pattern, i + 1, close - i);
                    i = close;
                }
                continue;
            }
            if (inClass)
            {
                if (c == '[') throw Refuse("a class in a class");
                if (rest.StartsWith("&&", StringComparison.Ordinal)) throw Refuse("&& in a class");
                inClass = c != ']';
            }
            else if (c == '[')
            {
                inClass = true;
                if (rest.StartsWith("[]", StringComparison.Ordinal) || rest.StartsWith("[^]", StringComparison.Ordinal)) throw Refuse("a class that opens with ]");
                if (rest.StartsWith("[^", StringComparison.Ordinal))
                {
                    result.Append("[^");
                    i++;
                    continue;
                }
            }
            else if (c is '^' or '$') throw Refuse($"the anchor {c}");
            else if (rest.StartsWith("{,", StringComparison.Ordinal)) throw Refuse("{,");
            else if (c == '(')
            {
                groups.Push(ignoreCase);
                ignoreCase |= rest == "(?i:";
                if (rest.StartsWith("(?", StringComparison.Ordinal) && rest != "(?i:" && rest is not ['(', '?', ':' or '=' or '!', ..] and not ['(', '?', '<', '=' or '!'])
                    throw Refuse($"the group {rest}");
                if (rest == "(?i:")
                {
                    result.Append(rest);
                    i += 3;
                    continue;
                }
            }
            else if (c == ')' && groups.TryPop(out bool outer)) ignoreCase = outer;

            if (ignoreCase && c > '\x7f') throw Refuse("a letter beyond ASCII under (?i:");
            // Case folding makes the long s (U+017F) an s; .NET does not.
            if (ignoreCase && c is 's' or 'S') result.Append(inClass ? "s\u017F" : "[s\u017F]");
            else result.Append(c);
        }
        return result.ToString();

        PureLoraException Refuse(string what) => where.Unsupported($"a regular expression with {what}", Grammar);
    }
}
