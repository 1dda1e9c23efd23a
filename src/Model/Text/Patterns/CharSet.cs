using System.Globalization;
using System.Runtime.CompilerServices;

namespace PureLora;

/// <summary>
/// A set of code points: ranges, general categories and other sets, met by further sets, perhaps turned around. What was
/// asked is remembered in pages of 256 bits, so that asking again is one look-up.
/// </summary>
internal sealed class CharSet
{
    readonly List<(int First, int Last)> ranges = [];
    readonly List<CharSet> members = [], limits = [];
    ulong[]?[]? pages;
    uint categories;
    ulong low, high;

    public bool Negated { get; set; }

    /// <summary>A letter is in the set when another case of it is.</summary>
    public bool IgnoresCase { get; set; }

    public static CharSet Of(int first, int last) => new CharSet().Add(first, last);

    public static CharSet Of(params ReadOnlySpan<UnicodeCategory> categories)
    {
        var set = new CharSet();
        foreach (var category in categories) set.categories |= 1u << (int)category;
        return set;
    }

    public CharSet Add(int first, int last)
    {
        ranges.Add((first, last));
        return this;
    }

    public CharSet Add(CharSet member)
    {
        members.Add(member);
        return this;
    }

    /// <summary>Keeps only what is in <paramref name="limit"/> too.</summary>
    public CharSet Meet(CharSet limit)
    {
        limits.Add(limit);
        return this;
    }

    public CharSet Not()
    {
        Negated = !Negated;
        return this;
    }

    /// <summary>Looks ASCII up; to be called once, when the set is complete.</summary>
    public CharSet Finish()
    {
        for (int point = 0; point < 64; point++)
        {
            if (Holds(point)) low |= 1ul << point;
            if (Holds(point + 64)) high |= 1ul << point;
        }
        return this;
    }

    /// <summary>The one character of a set that was made of it alone.</summary>
    public int? OnlyPoint => ranges is [var (first, last)] && first == last && categories == 0 && members.Count + limits.Count == 0 && !Negated ? first : null;

    /// <summary>Which of the 128 ASCII characters are in the set, one bit each.</summary>
    public (ulong Low, ulong High) Ascii => (low, high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Contains(int point) =>
        point < 64 ? (low >> point & 1) != 0 : point < 128 ? (high >> (point - 64) & 1) != 0 : ContainsOther(point);

    bool ContainsOther(int point)
    {
        if (point > 0xFFFF) return Holds(point);
        var page = pages?[point >> 8] ?? Page(point >> 8);
        return (page[(point & 255) >> 6] >> (point & 63) & 1) != 0;
    }

    ulong[] Page(int number)
    {
        var page = new ulong[4];
        for (int i = 0; i < 256; i++)
        {
            if (Holds((number << 8) + i)) page[i >> 6] |= 1ul << (i & 63);
        }
        // Two threads may fill the same page, with the same bits.
        var all = pages ??= new ulong[256][];
        return all[number] = page;
    }

    bool Holds(int point) => (HoldsCased(point) || (IgnoresCase && CaseFolding.Others(point).Any(HoldsCased))) != Negated;

    bool HoldsCased(int point)
    {
        bool found = categories != 0 && (categories >> (int)CharUnicodeInfo.GetUnicodeCategory(point) & 1) != 0;
        foreach (var (first, last) in ranges) found |= point >= first && point <= last;
        foreach (var member in members) found = found || member.Holds(point);
        foreach (var limit in limits) found = found && limit.Holds(point);
        return found;
    }
}
