using System.Runtime.InteropServices;

namespace PureLora.Tests.Ptx;

/// <summary>
/// Runs kernels thread by thread, in orders that a seed shuffles, and throws a <see cref="PtxException"/> for what a GPU
/// would do wrong in silence: addresses outside of the regions, misaligned ones, races, and threads that wait for ever.
/// </summary>
sealed unsafe partial class PtxMachine
{
    /// <summary>Where shared and local memory lie among generic addresses; no native address reaches them.</summary>
    public const ulong SharedWindow = 1UL << 60, LocalWindow = 1UL << 61;

    /// <summary>A launch that runs more instructions is taken for one that does not end.</summary>
    public long MostSteps { get; init; } = 4_000_000_000;

    /// <summary>Instructions that all threads together have run.</summary>
    public long Steps { get; private set; }

    PtxKernel kernel = null!;
    PtxInstruction[] code = [];
    byte[] parameters = [];
    (ulong Address, ulong Bytes)[] regions = [];
    PtxShadow[] shadows = [];
    PtxShadow? sharedShadow;
    PtxRandom random;
    int groups, groupSize, slots;

    // Of the group that runs: one stretch per thread.
    ulong* registers;
    byte* shared, local;
    int[] counters = [], order = [], regionAt = [];
    PtxState[] states = [];
    PtxCopies?[] copies = [];
    uint[] warpBarriers = [];

    // Of the thread that runs.
    PtxMoment now;
    int at;

    public void Launch(PtxKernel kernel, int groups, int groupSize, byte[] parameters, PtxMemory memory, int seed)
    {
        if (groups < 1 || groupSize is < 1 or > 1024)
            throw new PtxException($"{kernel.Name}: {groups} groups of {groupSize} threads cannot be launched.");
        if (parameters.Length < kernel.ParameterBytes)
            throw new PtxException($"{kernel.Name}: {parameters.Length} bytes of parameters were given, but it has {kernel.ParameterBytes}.");
        (this.kernel, this.groups, this.groupSize, this.parameters) = (kernel, groups, groupSize, parameters);
        code = kernel.Code;
        slots = kernel.Slots.Length;
        random = new PtxRandom(seed);
        regions = memory.Regions();
        regionAt = new int[code.Length];
        counters = new int[groupSize];
        states = new PtxState[groupSize];
        copies = new PtxCopies?[groupSize];
        warpBarriers = new uint[(groupSize + 31) / 32];
        order = [.. Enumerable.Range(0, 32)];
        var grain = kernel.Grain;
        try
        {
            registers = (ulong*)NativeMemory.Alloc((nuint)(groupSize * slots), sizeof(ulong));
            shared = (byte*)NativeMemory.AlignedAlloc((nuint)kernel.SharedBytes + 16, 256);
            local = (byte*)NativeMemory.AlignedAlloc((nuint)(kernel.LocalBytes * groupSize) + 16, 256);
            shadows = [.. regions.Select(r => new PtxShadow((long)r.Bytes + 4, grain, shared: false))];
            sharedShadow = new PtxShadow(kernel.SharedBytes, grain, shared: true);
            foreach (var group in random.Shuffled(groups))
                RunGroup(group);
        }
        finally
        {
            NativeMemory.Free(registers);
            NativeMemory.AlignedFree(shared);
            NativeMemory.AlignedFree(local);
            foreach (var shadow in shadows)
                shadow.Dispose();
            sharedShadow?.Dispose();
            registers = null;
            shared = local = null;
            (shadows, sharedShadow) = ([], null);
        }
    }

    /// <summary>Sets up every thread: what a kernel has not written is noise.</summary>
    void StartGroup(int group)
    {
        random.Fill(shared, kernel.SharedBytes);
        random.Fill(local, kernel.LocalBytes * groupSize);
        Array.Clear(warpBarriers);
        Array.Clear(copies);
        now = new PtxMoment { Group = group };
        for (var thread = 0; thread < groupSize; thread++)
        {
            var own = new Span<ulong>(registers + thread * slots, slots);
            own[..kernel.Registers].Fill(random.Next());
            kernel.Slots.AsSpan(kernel.Registers).CopyTo(own[kernel.Registers..]);
            foreach (var (special, slot) in kernel.Specials)
                own[slot] = special switch
                {
                    PtxSpecial.ThreadX => (ulong)thread,
                    PtxSpecial.GroupSizeX => (ulong)groupSize,
                    PtxSpecial.GroupX => (ulong)group,
                    PtxSpecial.GroupsX => (ulong)groups,
                    PtxSpecial.Lane => (ulong)thread & 31,
                    PtxSpecial.Warp => (ulong)thread >> 5,
                    PtxSpecial.One => 1,
                    _ => 0,
                };
            counters[thread] = 0;
            states[thread] = PtxState.Ready;
        }
    }

    void Enter(int thread)
    {
        now.Thread = thread;
        now.Warp = thread >> 5;
        now.WarpBarrier = warpBarriers[thread >> 5];
    }

    PtxException Failure(string what) => new(
        $"{kernel.Name}: {what}, in '{kernel.Texts[at]}' (line {kernel.Lines[at]}) of thread {now.Thread} of group {now.Group}.");
}

enum PtxState : byte { Ready, AtBarrier, AtWarp, Returned }
