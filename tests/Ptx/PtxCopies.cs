namespace PureLora.Tests.Ptx;

/// <summary>A cp.async that was issued: its bytes arrive when it is waited for.</summary>
readonly record struct PtxCopy(ulong Target, ulong Source, int Bytes, int SourceBytes);

/// <summary>The copies of one thread: those of the groups that it committed, and those of none yet.</summary>
sealed class PtxCopies
{
    readonly Queue<List<PtxCopy>> committed = [];
    List<PtxCopy> open = [];

    public void Issue(PtxCopy copy) => open.Add(copy);

    public void Commit()
    {
        committed.Enqueue(open);
        open = [];
    }

    /// <summary>Takes out what must have arrived when at most so many groups are still under way; -1 is all, committed or not.</summary>
    public IEnumerable<PtxCopy> Wait(long groups)
    {
        if (groups < 0)
            Commit();
        while (committed.Count > Math.Max(groups, 0))
            foreach (var copy in committed.Dequeue())
                yield return copy;
    }
}
