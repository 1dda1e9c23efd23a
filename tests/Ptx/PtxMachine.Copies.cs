namespace PureLora.Tests.Ptx;

/// <summary>cp.async: the target is noise from when a copy is issued until its thread has waited for it.</summary>
sealed unsafe partial class PtxMachine
{
    void CopyAsync(in PtxInstruction i, ulong* r)
    {
        var copy = new PtxCopy(r[i.A] + (ulong)i.Offset, r[i.B] + (ulong)(long)i.Target, i.Count, (int)Math.Min(r[i.C], i.Count));
        if (((copy.Source | copy.Target) & (ulong)(copy.Bytes - 1)) != 0)
            throw Failure($"the addresses 0x{copy.Target:x} and 0x{copy.Source:x} are not both aligned for {copy.Bytes} bytes");
        if (copy.SourceBytes > 0)
            Global(copy.Source, copy.SourceBytes, Kind.Read);
        random.Fill(Shared(copy.Target, copy.Bytes, Kind.Write), copy.Bytes);
        (copies[now.Thread] ??= new()).Issue(copy);
    }

    /// <summary>Both ends count as touched again now, since that is when the copy may take place.</summary>
    void WaitForCopies(in PtxInstruction i)
    {
        foreach (var copy in (copies[now.Thread] ??= new()).Wait(i.Offset))
        {
            var target = new Span<byte>(Shared(copy.Target, copy.Bytes, Kind.Write), copy.Bytes);
            target[copy.SourceBytes..].Clear();
            if (copy.SourceBytes > 0)
                new Span<byte>(Global(copy.Source, copy.SourceBytes, Kind.Read), copy.SourceBytes).CopyTo(target);
        }
    }
}
