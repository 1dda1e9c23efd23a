namespace PureLora.Tests.Ptx;

/// <summary>
/// Who accesses memory, and since when its barriers order what others did. The clock of a group ticks at each of its
/// barriers, a warp's own barriers included, so an access at an earlier tick than the last barrier came before it.
/// </summary>
struct PtxMoment
{
    public int Group, Thread, Warp;
    public uint Clock, GroupBarrier, WarpBarrier;
}

/// <summary>
/// The latest accesses of one unit of memory that no barrier has put in the past, in 64 bits; 0 is none. Of several threads
/// that are not ordered among themselves it keeps what they have in common: their warp, or their group, or nothing, which
/// is enough to tell whether one more is ordered with all of them.
/// </summary>
static class PtxAccess
{
    // bits 0..11: a thread, 1024 + warp for several of a warp, or all ones; 12, 13: flags; 16..39: clock; 40..63: group + 1.
    const ulong SeveralThreads = 0xFFF, PlainEver = 1 << 12, AtomicNow = 1 << 13, SeveralGroups = 0xFFFFFF;

    const ulong Flags = PlainEver | AtomicNow;

    public const uint MostClock = 0xFFFFFF;

    public static ulong Only(in PtxMoment now) => (ulong)(now.Group + 1) << 40 | (ulong)now.Clock << 16 | (uint)now.Thread;

    static bool Elsewhere(ulong entry, in PtxMoment now) => entry >> 40 != (ulong)(now.Group + 1);

    /// <summary>Whether a barrier stands between the accesses and now.</summary>
    static bool Before(ulong entry, in PtxMoment now)
    {
        var clock = (uint)(entry >> 16) & MostClock;
        var thread = entry & SeveralThreads;
        return clock < now.GroupBarrier ||
            (clock < now.WarpBarrier && (thread < 1024 ? thread >> 5 : thread - 1024) == (ulong)now.Warp);
    }

    /// <summary>Whether each access is the thread's own or before a barrier. Groups are never ordered; shared memory is each group's own.</summary>
    public static bool Ordered(ulong entry, in PtxMoment now, bool shared) =>
        entry == 0 || (Elsewhere(entry, now) ? shared : (entry & SeveralThreads) == (ulong)now.Thread || Before(entry, now));

    /// <summary>Whether an atomic may follow these writes: ordered, or atomic themselves.</summary>
    public static bool AllowsAtomic(ulong writes, in PtxMoment now, bool shared) =>
        Ordered(writes, now, shared) || (Elsewhere(writes, now) ? (writes & PlainEver) == 0 : (writes & AtomicNow) != 0);

    public static ulong WithRead(ulong entry, in PtxMoment now, bool shared) => With(entry, now, shared);

    public static ulong WithWrite(ulong entry, in PtxMoment now, bool shared, bool atomic)
    {
        var stale = entry == 0 || (shared && Elsewhere(entry, now));
        var plain = stale ? 0 : entry & PlainEver;
        var onlyAtomics = atomic && (stale || Elsewhere(entry, now) || Before(entry, now) || (entry & AtomicNow) != 0);
        return With(entry, now, shared) & ~Flags | plain | (atomic ? 0 : PlainEver) | (onlyAtomics ? AtomicNow : 0);
    }

    static ulong With(ulong entry, in PtxMoment now, bool shared)
    {
        if (Ordered(entry, now, shared))
            return Only(now);
        if (Elsewhere(entry, now))
            return SeveralGroups << 40 | SeveralThreads;
        var thread = entry & SeveralThreads;
        var sameWarp = (thread < 1024 ? thread >> 5 : thread - 1024) == (ulong)now.Warp;
        return Only(now) & ~SeveralThreads | (sameWarp ? 1024 + (ulong)now.Warp : SeveralThreads);
    }

    public static string Who(ulong entry)
    {
        var (group, thread) = (entry >> 40, entry & SeveralThreads);
        return group == SeveralGroups ? "threads of several groups"
            : thread < 1024 ? $"thread {thread} of group {group - 1}" : $"several threads of group {group - 1}";
    }
}
