using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace PureLora.Tests.Ptx;

/// <summary>
/// Who read and wrote each unit of a piece of memory. An access that another thread's barrier-less access makes a race is
/// told in words; <see cref="Read"/> and <see cref="Write"/> return null for all others.
/// </summary>
sealed unsafe class PtxShadow : IDisposable
{
    readonly ulong* reads, writes;
    readonly int shift;
    readonly bool shared;

    /// <summary>Units are 1, 2 or 4 bytes. Memory of the size of a model costs nothing until it is touched.</summary>
    public PtxShadow(long bytes, int grain, bool shared)
    {
        this.shared = shared;
        shift = grain == 4 ? 2 : grain == 2 ? 1 : 0;
        var units = (nuint)((bytes >> shift) + 1);
        reads = (ulong*)NativeMemory.AllocZeroed(units, sizeof(ulong));
        writes = (ulong*)NativeMemory.AllocZeroed(units, sizeof(ulong));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public string? Read(long offset, int bytes, in PtxMoment now)
    {
        // The usual case first: one unit that nobody wrote, read for the first time or by the same thread again.
        var only = PtxAccess.Only(now);
        for (long unit = offset >> shift, last = (offset + bytes - 1) >> shift; unit <= last; unit++)
        {
            if (reads[unit] == only && writes[unit] == 0)
                continue;
            if (!PtxAccess.Ordered(writes[unit], now, shared))
                return Race("read", "wrote", writes[unit]);
            reads[unit] = PtxAccess.WithRead(reads[unit], now, shared);
        }
        return null;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public string? Write(long offset, int bytes, in PtxMoment now, bool atomic = false)
    {
        for (long unit = offset >> shift, last = (offset + bytes - 1) >> shift; unit <= last; unit++)
        {
            if (!(atomic ? PtxAccess.AllowsAtomic(writes[unit], now, shared) : PtxAccess.Ordered(writes[unit], now, shared)))
                return Race("write", "wrote", writes[unit]);
            if (!PtxAccess.Ordered(reads[unit], now, shared))
                return Race("write", "read", reads[unit]);
            writes[unit] = PtxAccess.WithWrite(writes[unit], now, shared, atomic);
        }
        return null;
    }

    string Race(string now, string then, ulong entry) =>
        $"race: a {now} of {(shared ? "shared" : "global")} memory that {PtxAccess.Who(entry)} {then}; a barrier is missing";

    public void Dispose()
    {
        NativeMemory.Free(reads);
        NativeMemory.Free(writes);
    }
}
