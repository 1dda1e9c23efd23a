using System.Runtime.CompilerServices;

namespace PureLora.Tests.Ptx;

/// <summary>Addresses, checked at every access, and what goes through them.</summary>
sealed unsafe partial class PtxMachine
{
    enum Kind { Read, Write, Atomic }

    // What is called for every access is compiled optimised at once: tiers come too late in a busy test run.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void Load(in PtxInstruction i, ulong* r)
    {
        var source = Access(i.Space, r[i.A] + (ulong)i.Offset, i.Size, Kind.Read);
        int bits = i.Bits;
        if (i.Count == 1)
            r[i.D] = Extended(i, Get(source, bits));
        else
            for (var k = 0; k < i.Count; k++)
                r[i.List[k]] = Extended(i, Get(source + k * (bits >> 3), bits));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void Store(in PtxInstruction i, ulong* r)
    {
        var target = Access(i.Space, r[i.A] + (ulong)i.Offset, i.Size, Kind.Write);
        int bits = i.Bits;
        if (i.Count == 1)
            Put(target, r[i.D], bits);
        else
            for (var k = 0; k < i.Count; k++)
                Put(target + k * (bits >> 3), r[i.List[k]], bits);
    }

    /// <summary>A parameter's value.</summary>
    ulong Parameter(in PtxInstruction i)
    {
        if (i.Offset < 0 || i.Offset + i.Bytes > kernel.ParameterBytes)
            throw Failure("it reads beyond the parameters");
        fixed (byte* bytes = parameters)
            return Extended(i, Get(bytes + i.Offset, i.Type.Bits()));
    }

    /// <summary>The bytes at an address of a space, after all checks.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    byte* Access(PtxSpace space, ulong address, int bytes, Kind kind)
    {
        if ((address & (ulong)(bytes - 1)) != 0)
            throw Failure($"the address 0x{address:x} is misaligned for {bytes} bytes");
        if (space == PtxSpace.Generic)
            (space, address) = Specific(address);
        return space switch
        {
            PtxSpace.Global => Global(address, bytes, kind),
            PtxSpace.Shared => Shared(address, bytes, kind),
            _ => Local(address, bytes),
        };
    }

    static (PtxSpace, ulong) Specific(ulong address) =>
        address >= LocalWindow ? (PtxSpace.Local, address - LocalWindow)
        : address >= SharedWindow ? (PtxSpace.Shared, address - SharedWindow) : (PtxSpace.Global, address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    byte* Global(ulong address, int bytes, Kind kind)
    {
        var index = regionAt[at];
        // Each instruction tries the region of its last access first.
        if ((uint)index >= (uint)regions.Length || !Holds(regions[index], address, bytes))
            regionAt[at] = index = Find(address, bytes);
        var race = Note(shadows[index], (long)(address - (regions[index].Address & ~3UL)), bytes, kind);
        return race is null ? (byte*)address : throw Failure(race);
    }

    static bool Holds((ulong Address, ulong Bytes) region, ulong address, int bytes) =>
        address >= region.Address && address - region.Address + (ulong)bytes <= region.Bytes;

    int Find(ulong address, int bytes)
    {
        for (var index = 0; index < regions.Length; index++)
        {
            if (Holds(regions[index], address, bytes))
                return index;
            var offset = address - regions[index].Address;
            if (offset < regions[index].Bytes)
                throw Failure(
                    $"the global address 0x{address:x} is {regions[index].Bytes - offset} bytes before the end of its region, but {bytes} are accessed");
        }
        var before = regions.Where(region => region.Address < address).LastOrDefault();
        throw Failure($"the global address 0x{address:x} is outside of all regions" +
            (before.Bytes > 0 ? $", {address - before.Address - before.Bytes} bytes beyond the one before it" : ""));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    byte* Shared(ulong address, int bytes, Kind kind)
    {
        if (address >= (ulong)kernel.SharedBytes || address + (ulong)bytes > (ulong)kernel.SharedBytes)
            throw Failure($"the shared address 0x{address:x} is outside of the {kernel.SharedBytes} bytes that there are");
        var race = Note(sharedShadow!, (long)address, bytes, kind);
        return race is null ? shared + address : throw Failure(race);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    string? Note(PtxShadow shadow, long offset, int bytes, Kind kind) => kind == Kind.Read
        ? shadow.Read(offset, bytes, now)
        : shadow.Write(offset, bytes, now, kind == Kind.Atomic);

    byte* Local(ulong address, int bytes)
    {
        if (address >= (ulong)kernel.LocalBytes || address + (ulong)bytes > (ulong)kernel.LocalBytes)
            throw Failure($"the local address 0x{address:x} is outside of the {kernel.LocalBytes} bytes that there are");
        return local + (ulong)(now.Thread * kernel.LocalBytes) + address;
    }

    void Atomic(in PtxInstruction i, ulong* r)
    {
        var bits = i.Type.Bits();
        var place = Access(i.Space, r[i.A] + (ulong)i.Offset, bits / 8, Kind.Atomic);
        var (old, value) = (Get(place, bits), r[i.B]);
        var op = i.Atomic switch
        {
            PtxAtomic.Add => PtxOp.Add,
            PtxAtomic.Min => PtxOp.Min,
            PtxAtomic.Max => PtxOp.Max,
            _ => PtxOp.Nop,
        };
        Put(place, i.Atomic switch
        {
            PtxAtomic.Exchange => value,
            PtxAtomic.CompareExchange => old == value ? r[i.C] : old,
            PtxAtomic.And => old & value,
            PtxAtomic.Or => old | value,
            PtxAtomic.Xor => old ^ value,
            _ => PtxArithmetic.Compute(i with { Op = op }, old, value, 0, 0),
        }, bits);
        if (i.D >= 0)
            r[i.D] = old;
    }
}
