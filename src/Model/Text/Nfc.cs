using System.Globalization;
using System.Text;

namespace PureLora;

/// <summary>
/// Unicode canonical composition (form C, UAX 15). Our own, because <see cref="string.Normalize()"/> leaves every
/// text as it is where globalization is invariant, which would give wrong ids without a word.
/// </summary>
internal static class Nfc
{
    const int HangulFirst = 0xAC00, LeadFirst = 0x1100, VowelFirst = 0x1161, TrailFirst = 0x11A7;
    const int Leads = 19, Vowels = 21, Trails = 28;

    static readonly Dictionary<int, byte> Classes = [];
    static readonly Dictionary<int, (int First, int Second)> Splits = [];
    static readonly Dictionary<(int First, int Second), int> Joins = [];

    static Nfc()
    {
        using var stream = typeof(Nfc).Assembly.GetManifestResourceStream("UnicodeComposition.txt")!;
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('#')) continue;
            int colon = line.IndexOf(':');
            string[] head = line[..colon].Split(' ');
            foreach (string entry in line[(colon + 2)..].Split(' ')) Read(head[0], head.Length > 1 ? head[1] : "0", entry);
        }
    }

    static int Hex(string digits) => int.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    static void Read(string kind, string argument, string entry)
    {
        string[] parts = entry.Split('-', '=');
        int first = Hex(parts[0]), last = Hex(parts[^1]);
        if (kind == "class")
        {
            for (int c = first; c <= last; c++) Classes[c] = byte.Parse(argument, CultureInfo.InvariantCulture);
            return;
        }
        int second = Hex(argument);
        Splits[first] = (last, second);
        if (kind == "pair") Joins[(last, second)] = first;
    }

    /// <summary>The text in form C. A lone surrogate comes out as U+FFFD.</summary>
    public static string Compose(string text)
    {
        // Nothing below U+0300 decomposes into what composition would not restore, and Latin-1 has no marks.
        if (!text.AsSpan().ContainsAnyExceptInRange('\0', '\u02FF')) return text;
        var points = new List<int>(text.Length);
        foreach (var rune in text.EnumerateRunes()) Split(rune.Value, points);
        SortMarks(points);
        var result = new StringBuilder(text.Length);
        foreach (int point in Join(points)) result.Append(new Rune(point).ToString());
        return result.ToString();
    }

    static void Split(int point, List<int> into)
    {
        int hangul = point - HangulFirst;
        if (hangul is >= 0 and < Leads * Vowels * Trails)
        {
            into.Add(LeadFirst + hangul / (Vowels * Trails));
            into.Add(VowelFirst + hangul / Trails % Vowels);
            if (hangul % Trails != 0) into.Add(TrailFirst + hangul % Trails);
        }
        else if (Splits.TryGetValue(point, out var pair))
        {
            Split(pair.First, into);
            if (pair.Second != 0) into.Add(pair.Second);
        }
        else into.Add(point);
    }

    static int ClassOf(int point) => point < 0x300 ? 0 : Classes.GetValueOrDefault(point);

    /// <summary>A stable sort by class of every run of marks.</summary>
    static void SortMarks(List<int> points)
    {
        for (int start = 0; start < points.Count; start++)
        {
            if (ClassOf(points[start]) == 0) continue;
            int end = start + 1;
            while (end < points.Count && ClassOf(points[end]) != 0) end++;
            if (end - start > 1)
            {
                int[] sorted = points.GetRange(start, end - start).OrderBy(ClassOf).ToArray();
                for (int i = 0; i < sorted.Length; i++) points[start + i] = sorted[i];
            }
            start = end;
        }
    }

    /// <summary>Joins each character to the last starter unless one of the same or a higher class stands between.</summary>
    static List<int> Join(List<int> points)
    {
        var result = new List<int>(points.Count);
        int starter = -1, lastClass = 0;
        foreach (int point in points)
        {
            int own = ClassOf(point);
            bool adjacent = starter == result.Count - 1;
            if (starter >= 0 && (adjacent || (lastClass != 0 && lastClass < own)) && Pair(result[starter], point) is { } joined)
            {
                result[starter] = joined;
                continue;
            }
            result.Add(point);
            lastClass = own;
            if (own == 0) starter = result.Count - 1;
        }
        return result;
    }

    static int? Pair(int first, int second)
    {
        int lead = first - LeadFirst, vowel = second - VowelFirst, syllable = first - HangulFirst, trail = second - TrailFirst;
        if (lead is >= 0 and < Leads && vowel is >= 0 and < Vowels) return HangulFirst + (lead * Vowels + vowel) * Trails;
        if (syllable is >= 0 and < Leads * Vowels * Trails && syllable % Trails == 0 && trail is > 0 and < Trails) return first + trail;
        return Joins.TryGetValue((first, second), out int joined) ? joined : null;
    }
}
