using System.Globalization;

namespace PureLora;

/// <summary>
/// What the normal forms of Unicode (UAX 15) need: combining classes, decompositions, compositions. Our own, because
/// <see cref="string.Normalize()"/> leaves every text as it is where globalization is invariant.
/// </summary>
internal static class UnicodeTables
{
    const int HangulFirst = 0xAC00, LeadFirst = 0x1100, VowelFirst = 0x1161, TrailFirst = 0x11A7;
    const int Leads = 19, Vowels = 21, Trails = 28;

    static readonly Dictionary<int, byte> Classes = [];
    static readonly Dictionary<int, (int First, int Second)> Splits = [];
    static readonly Dictionary<(int First, int Second), int> Joins = [];
    static readonly Lazy<Dictionary<int, int[]>> Compatible = new(() =>
    {
        var table = new Dictionary<int, int[]>();
        foreach (var (_, entry) in Entries("UnicodeCompatibility.txt"))
        {
            string[] sides = entry.Split('=');
            table[Hex(sides[0])] = sides[1].Split(',').Select(Hex).ToArray();
        }
        return table;
    });

    /// <summary>What composition can change or move, beside what it restores: marks, second characters, singletons.</summary>
    static readonly HashSet<int> Unsettled = [];

    static UnicodeTables()
    {
        foreach (var (head, entry) in Entries("UnicodeComposition.txt"))
        {
            string[] kind = head.Split(' '), parts = entry.Split('-', '=');
            int first = Hex(parts[0]), last = Hex(parts[^1]);
            if (kind[0] == "class")
            {
                for (int c = first; c <= last; c++) Classes[c] = byte.Parse(kind[1], CultureInfo.InvariantCulture);
                continue;
            }
            int second = kind.Length > 1 ? Hex(kind[1]) : 0;
            Splits[first] = (last, second);
            if (kind[0] == "pair") Joins[(last, second)] = first;
            Unsettled.Add(kind[0] == "pair" ? second : first);
        }
        Unsettled.UnionWith(Classes.Keys);
    }

    static IEnumerable<(string Head, string Entry)> Entries(string resource)
    {
        using var reader = new StreamReader(typeof(UnicodeTables).Assembly.GetManifestResourceStream(resource)!);
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('#')) continue;
            int colon = line.IndexOf(':');
            foreach (string entry in line[(colon + 2)..].Split(' ')) yield return (line[..colon], entry);
        }
    }

    static int Hex(string digits) => int.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    /// <summary>The canonical combining class; 0 for what no mark is.</summary>
    public static int ClassOf(int point) => point < 0x300 ? 0 : Classes.GetValueOrDefault(point);

    /// <summary>Whether composition leaves the point as it is, whatever its neighbours, if they are settled too.</summary>
    public static bool IsSettled(int point) =>
        point < 0x300 || !(point is >= VowelFirst and < TrailFirst + Trails || Unsettled.Contains(point));

    /// <summary>Adds the full decomposition of a point.</summary>
    public static void Decompose(int point, bool compatible, List<int> into)
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
            Decompose(pair.First, compatible, into);
            if (pair.Second != 0) Decompose(pair.Second, compatible, into);
        }
        else if (compatible && point > 0x9F && Compatible.Value.TryGetValue(point, out int[]? parts))
        {
            foreach (int part in parts) Decompose(part, compatible, into);
        }
        else into.Add(point);
    }

    /// <summary>The one character that two compose to; null where they stay two.</summary>
    public static int? Join(int first, int second)
    {
        int lead = first - LeadFirst, vowel = second - VowelFirst, syllable = first - HangulFirst, trail = second - TrailFirst;
        if (lead is >= 0 and < Leads && vowel is >= 0 and < Vowels) return HangulFirst + (lead * Vowels + vowel) * Trails;
        if (syllable is >= 0 and < Leads * Vowels * Trails && syllable % Trails == 0 && trail is > 0 and < Trails) return first + trail;
        return Joins.TryGetValue((first, second), out int joined) ? joined : null;
    }
}
