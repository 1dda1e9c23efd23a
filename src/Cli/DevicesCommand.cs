namespace PureLora;

/// <summary>What <c>devices</c> is told: nothing.</summary>
sealed record DevicesSettings;

/// <summary>Lists where this machine can compute.</summary>
sealed class DevicesCommand() : ToolCommand<DevicesSettings>(
    "devices", "List the devices of this machine that can train.",
    ["purelora devices", "purelora devices --json"], Run)
{
    internal static void Run(DevicesSettings settings, Report report, CancellationToken stop) =>
        throw new NotImplementedException();
}
