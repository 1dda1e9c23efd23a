namespace PureLora;

/// <summary>A plan beside what the machine has.</summary>
/// <param name="Plan">The plan.</param>
/// <param name="HostAvailable">What the host can give this process.</param>
/// <param name="DeviceAvailable">What is free of the device's memory; null where it has none of its own or is not in this machine.</param>
public sealed record MemoryFit(MemoryPlan Plan, long HostAvailable, long? DeviceAvailable)
{
    /// <summary>Compares with this machine, now.</summary>
    public static MemoryFit Here(MemoryPlan plan) => new(plan, MachineMemory.Available(), plan.HasDeviceMemory && GpuSurvey.Find(plan.Device) is { Refused: null } found ? found.FreeBytes : null);

    /// <summary>In words: <c>20.1 GiB</c>, with the device's own memory if it has some.</summary>
    public string Available => Sizes.Text(HostAvailable) + (DeviceAvailable is { } bytes ? $" and {Sizes.Text(bytes)} on {Plan.Device}" : "");

    /// <summary>Null where the host's part fits and the device is not in this machine.</summary>
    public bool? Fits => FitsToo(Plan);

    /// <summary>Whether <paramref name="other"/>, of the same device, would fit.</summary>
    public bool? FitsToo(MemoryPlan other) =>
        other.HostBytes > HostAvailable ? false : !other.HasDeviceMemory ? true : DeviceAvailable is { } bytes ? other.DevicePeakBytes <= bytes : null;

    /// <summary>Refuses what cannot fit, with the changes that would make it.</summary>
    /// <param name="proposals">See <see cref="Proposal.For"/>.</param>
    /// <exception cref="PureLoraException">It does not fit.</exception>
    public void Refuse(IEnumerable<Proposal> proposals)
    {
        if (Fits != false)
            return;
        var (needed, has, where) = Plan.HostBytes > HostAvailable ? (Plan.HostBytes, HostAvailable, "this machine") : (Plan.DevicePeakBytes, DeviceAvailable!.Value, Plan.Device);
        var ways = proposals.Where(p => FitsToo(p.Plan) != false).Select(p => p.Settings).ToArray();
        var advice = ways.Length == 0 ? "Run 'purelora plan' with the same settings to see what would lower it"
            : $"Set {string.Join("; or ", ways)}, which would fit";
        throw new PureLoraException($"memory: the run is planned to need {Sizes.Text(needed)}, but {where} has {Sizes.Text(has)} available. {advice}; or pass --force to try.");
    }
}
