namespace PureLora;

/// <summary>What a run will hold in memory at its fullest moment, as <see cref="Planner"/> found it.</summary>
public sealed record MemoryPlan
{
    /// <summary>
    /// What a process holds before it has a model and while it trains: the runtime, compiled code and small objects.
    /// Measured on Linux x64 with .NET 10: see docs/memory.md.
    /// </summary>
    public const long RuntimeBytes = 72L << 20;

    /// <summary>Named parts, in the order of a run, that add up to <see cref="TotalBytes"/>.</summary>
    public required IReadOnlyList<(string Name, long Bytes)> Parts { get; init; }

    /// <summary>The most that the device will hold from the system: what <see cref="Device.PeakBytes"/> of the run will be.</summary>
    public required long DevicePeakBytes { get; init; }

    /// <summary>The same with mapped weights, examples and the process itself.</summary>
    public long TotalBytes => Parts.Sum(part => part.Bytes);

    /// <summary>Whether the device has memory of its own, beside the host's.</summary>
    public bool HasDeviceMemory => Device is not ("cpu" or "ilgpu");

    /// <summary>What the host needs of it.</summary>
    public long HostBytes => HasDeviceMemory ? TotalBytes - DevicePeakBytes : TotalBytes;

    /// <summary>The device planned for, such as <c>cpu</c>.</summary>
    public required string Device { get; init; }

    /// <summary>
    /// Optimizer state in a file, no part of the total: it stays in memory while there is room, and the system pages it
    /// out when there is none.
    /// </summary>
    public long PagedBytes { get; init; }

    public required long TrainableParameters { get; init; }

    /// <summary>The kernel at which the device holds the most, and in which part of the run.</summary>
    public required string PeakAt { get; init; }

    /// <summary>What the device holds once weights and adapters are there, and the largest tensor that stands beside them on the way.</summary>
    public required long LoadingBytes { get; init; }

    /// <summary>The most that the device holds in an evaluation before the first step; 0 without one.</summary>
    public required long EvaluationBytes { get; init; }

    /// <summary>The sizes of the chunks that the device's buffers share. A run takes them at its start.</summary>
    internal IReadOnlyList<long> Chunks { get; init; } = [];

    /// <summary>B and T of the largest batch.</summary>
    public required (int Examples, int Tokens) Batch { get; init; }
}
