namespace PureLora;

/// <summary>
/// Byte-pair encoding (Sennrich et al. 2016): of all neighbours in the row, merge the pair that comes first in the
/// list of merges, the leftmost of equals, until none is in it. A heap over a linked row: n log n.
/// </summary>
internal sealed class MergeLoop
{
    readonly Dictionary<(int Left, int Right), (int Rank, int Result)> ranks;

    public MergeLoop(List<Merge> merges)
    {
        ranks = new(merges.Count);
        for (int rank = 0; rank < merges.Count; rank++) ranks[(merges[rank].Left, merges[rank].Right)] = (rank, merges[rank].Result);
    }

    /// <summary>Merges <paramref name="ids"/> in place, up to its length; returns where each surviving token started.</summary>
    public List<int> Run(Span<int> ids)
    {
        int n = ids.Length;
        int[] next = new int[n], previous = new int[n];
        var heap = new PriorityQueue<int, long>();
        for (int i = 0; i < n; i++) (previous[i], next[i]) = (i - 1, i + 1);
        for (int i = 0; i + 1 < n; i++) Offer(ids, i, i + 1);
        while (heap.TryDequeue(out int left, out long priority))
        {
            // An entry is stale when its left was merged away or either side has become another token.
            int right = next[left];
            if (ids[left] < 0 || right >= n || !ranks.TryGetValue((ids[left], ids[right]), out var merge) || merge.Rank != priority >> 32) continue;
            ids[left] = merge.Result;
            ids[right] = -1;
            next[left] = next[right];
            if (next[left] < n)
            {
                previous[next[left]] = left;
                Offer(ids, left, next[left]);
            }
            if (previous[left] >= 0) Offer(ids, previous[left], left);
        }
        var survivors = new List<int>();
        for (int i = 0; i < n; i = next[i]) survivors.Add(i);
        return survivors;

        void Offer(Span<int> row, int left, int right)
        {
            if (ranks.TryGetValue((row[left], row[right]), out var merge)) heap.Enqueue(left, ((long)merge.Rank << 32) | (uint)left);
        }
    }
}
