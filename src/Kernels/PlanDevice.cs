using System.Runtime.InteropServices;

namespace PureLora;

/// <summary>
/// Computes nothing and counts every buffer: <c>plan:cpu</c>, <c>plan:cuda</c>. It stands for a device of the kind after
/// the colon, with the same pool over chunks that have no memory, so the code of a real run tells the bytes that this run
/// will need. No body is run, and floats that are read back are NaN.
/// </summary>
public sealed class PlanDevice : Device
{
    internal const string Prefix = "plan:";
    long seen;

    internal PlanDevice(string name, int threads)
    {
        Name = name;
        Kind = name[Prefix.Length..];
        ReadsHostMemory = Kind == "cpu";
        if (!ReadsHostMemory)
            GpuDriver.ParseName(Kind);
        Workers = ReadsHostMemory ? threads : 1;
        Watch = (kernel, _) =>
        {
            if (PeakBytes > seen)
                (seen, PeakAt) = (PeakBytes, kernel.ToString());
        };
    }

    public override string Name { get; }

    public override string Description => $"a plan for {Kind}";

    /// <summary>The kind of device it stands for.</summary>
    public string Kind { get; }

    /// <summary>The kernel that was about to run when the most memory was held.</summary>
    public string PeakAt { get; private set; } = "";

    internal override bool ReadsHostMemory { get; }

    internal override bool Computes => false;

    internal override int Workers { get; }

    private protected override void Run(Action<CpuDevice> host, Action<GpuDevice> gpu) { }

    private protected override Chunk Allocate(long bytes) => new PlannedChunk(bytes);

    internal override Chunk Page(string folder, long bytes) => new PlannedChunk(bytes);

    internal override void Clear<T>(Buffer<T> buffer) { }

    internal override void CopyFrom<T>(Buffer<T> buffer, ReadOnlySpan<T> values) { }

    internal override void CopyTo<T>(Buffer<T> buffer, Span<T> values)
    {
        values.Clear();
        if (typeof(T) == typeof(float))
            MemoryMarshal.Cast<T, float>(values).Fill(float.NaN);
    }
}

/// <summary>A chunk without memory.</summary>
sealed class PlannedChunk(long size) : Chunk(size)
{
    public override void Dispose() { }
}
