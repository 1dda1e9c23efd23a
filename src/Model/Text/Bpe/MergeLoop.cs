namespace PureLora;

/// <summary>A token of a piece: its id and which UTF-16 units of the piece it covers.</summary>
internal readonly record struct PieceToken(int Id, int Start, int End);

/// <summary>
/// Byte-pair encoding (Sennrich et al. 2016): of all neighbours in a row, merge the pair of the lowest rank, the leftmost
/// of equals, until none is in the table.
/// </summary>
internal static class MergeLoop
{
    const int LongestScanned = 48;

    /// <summary>Merges a row in place; returns how many tokens are left, at its front.</summary>
    public static int Merge(Span<PieceToken> row, MergeTable merges) =>
        row.Length <= LongestScanned ? Scan(row, merges) : MergeLong(row, merges);

    /// <summary>Looks for the lowest rank again and again: the quickest for a word, quadratic.</summary>
    static int Scan(Span<PieceToken> row, MergeTable merges)
    {
        Span<int> ranks = stackalloc int[LongestScanned], results = stackalloc int[LongestScanned];
        int count = row.Length;
        for (int i = 0; i + 1 < count; i++) Look(row, i, ranks, results, merges);
        while (count > 1)
        {
            int best = 0;
            for (int i = 1; i + 1 < count; i++)
            {
                if (ranks[i] < ranks[best]) best = i;
            }
            if (ranks[best] == int.MaxValue) break;
            row[best] = new(results[best], row[best].Start, row[best + 1].End);
            row[(best + 2)..count].CopyTo(row[(best + 1)..]);
            ranks[(best + 2)..count].CopyTo(ranks[(best + 1)..]);
            results[(best + 2)..count].CopyTo(results[(best + 1)..]);
            count--;
            if (best + 1 < count) Look(row, best, ranks, results, merges);
            if (best > 0) Look(row, best - 1, ranks, results, merges);
        }
        return count;
    }

    static void Look(Span<PieceToken> row, int at, Span<int> ranks, Span<int> results, MergeTable merges) =>
        ranks[at] = merges.TryGet(row[at].Id, row[at + 1].Id, out int rank, out results[at]) ? rank : int.MaxValue;

    /// <summary>A heap over a linked row: n log n.</summary>
    internal static int MergeLong(Span<PieceToken> row, MergeTable merges)
    {
        int n = row.Length;
        int[] next = new int[n], previous = new int[n];
        var heap = new PriorityQueue<int, long>(n);
        for (int i = 0; i < n; i++) (previous[i], next[i]) = (i - 1, i + 1);
        for (int i = 0; i + 1 < n; i++) Offer(row, i, i + 1);
        while (heap.TryDequeue(out int left, out long priority))
        {
            // An entry is stale when its left was merged away or either side has become another token.
            int right = next[left];
            if (right >= n || row[left].Id < 0 || !merges.TryGet(row[left].Id, row[right].Id, out int rank, out int result) || rank != priority >> 32) continue;
            row[left] = new(result, row[left].Start, row[right].End);
            row[right] = new(-1, 0, 0);
            next[left] = next[right];
            if (next[left] < n)
            {
                previous[next[left]] = left;
                Offer(row, left, next[left]);
            }
            if (previous[left] >= 0) Offer(row, previous[left], left);
        }
        int count = 0;
        for (int i = 0; i < n; i = next[i]) row[count++] = row[i];
        return count;

        void Offer(Span<PieceToken> tokens, int left, int right)
        {
            if (merges.TryGet(tokens[left].Id, tokens[right].Id, out int rank, out _)) heap.Enqueue(left, ((long)rank << 32) | (uint)left);
        }
    }
}
