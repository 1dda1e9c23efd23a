using System.Text.Json;

namespace PureLora;

/// <summary>
/// Which neighbours become one token: (left, right) to rank and result, in an open table of a power of two, at most half
/// full. The lowest rank merges first; equal ranks, as scores of SentencePiece can be, from left to right.
/// </summary>
internal sealed class MergeTable
{
    ulong[] keys;
    (int Rank, int Result)[] values;
    int count;

    public MergeTable(int capacity)
    {
        int size = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(8, 2 * capacity));
        keys = new ulong[size];
        values = new (int, int)[size];
    }

    /// <summary>Of a pair that is added twice the last counts.</summary>
    public void Add(int left, int right, int rank, int result)
    {
        if (2 * (count + 1) > keys.Length) Grow();
        ulong key = Key(left, right);
        int at = Place(key);
        if (keys[at] == 0) count++;
        keys[at] = key;
        values[at] = (rank, result);
    }

    public bool TryGet(int left, int right, out int rank, out int result)
    {
        int at = Place(Key(left, right));
        (rank, result) = values[at];
        return keys[at] != 0;
    }

    /// <summary>The pairs, in no order.</summary>
    public IEnumerable<(int Left, int Right)> Pairs => keys.Where(key => key != 0).Select(key => ((int)(key >> 32) - 1, (int)(uint)key));

    // The left side is stored plus one, so that no pair is zero.
    static ulong Key(int left, int right) => (ulong)(uint)(left + 1) << 32 | (uint)right;

    int Place(ulong key)
    {
        int mask = keys.Length - 1;
        int at = (int)(key * 0x9E3779B97F4A7C15 >> 32) & mask;
        while (keys[at] != 0 && keys[at] != key) at = (at + 1) & mask;
        return at;
    }

    void Grow()
    {
        var (oldKeys, oldValues) = (keys, values);
        keys = new ulong[2 * oldKeys.Length];
        values = new (int, int)[keys.Length];
        for (int i = 0; i < oldKeys.Length; i++)
        {
            if (oldKeys[i] == 0) continue;
            int at = Place(oldKeys[i]);
            (keys[at], values[at]) = (oldKeys[i], oldValues[i]);
        }
    }

    /// <summary>Reads <c>model.merges</c>, as <c>"a b"</c> or <c>["a", "b"]</c>. With a prefix of continuing subwords, the right side loses it in the result.</summary>
    public static MergeTable Read(JsonPlace list, TokenTable vocabulary, int prefixLength)
    {
        var merges = new MergeTable(list.Count);
        char[] joined = new char[256];
        int rank = 0;
        foreach (var item in list.Elements())
        {
            var (left, right) = Sides(item);
            int length = left.Length + Math.Max(0, right.Length - prefixLength);
            if (length > joined.Length) joined = new char[2 * length];
            left.CopyTo(joined);
            right[Math.Min(prefixLength, right.Length)..].CopyTo(joined.AsSpan(left.Length));
            merges.Add(Id(left), Id(right), rank, Id(joined.AsSpan(0, length)));
            rank++;

            int Id(ReadOnlySpan<char> token) => vocabulary.TryGetId(token, out int id)
                ? id
                : throw list.At(rank, item).Wrong($"a merge with \"{token}\"", "both parts and the result of a merge in its vocabulary");
        }
        return merges;

        SidesOf Sides(JsonElement item)
        {
            if (item.ValueKind == JsonValueKind.Array)
            {
                if (item.GetArrayLength() != 2) throw list.At(rank, item).Wrong($"of {item.GetArrayLength()} parts", "merges of two parts");
                return new(Text(item[0]), Text(item[1]));
            }
            string text = Text(item);
            int space = text.IndexOf(' ');
            if (space < 0 || text.IndexOf(' ', space + 1) >= 0)
                throw list.At(rank, item).Wrong($"of {text.Count(c => c == ' ') + 1} parts", "merges of two parts");
            return new(text.AsSpan(0, space), text.AsSpan(space + 1));
        }

        // The path of a place is only made to complain.
        string Text(JsonElement item) => (list with { Value = item }).TryText() ?? list.At(rank, item).Text();
    }

    readonly ref struct SidesOf(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        readonly ReadOnlySpan<char> left = left, right = right;

        public void Deconstruct(out ReadOnlySpan<char> first, out ReadOnlySpan<char> second)
        {
            first = left;
            second = right;
        }
    }
}
