using System.Text.Json.Nodes;

namespace PureLora;

/// <summary>What <c>devices</c> is told: nothing.</summary>
sealed record DevicesSettings;

/// <summary>Lists where this machine can compute.</summary>
sealed class DevicesCommand() : ToolCommand<DevicesSettings>(
    "devices", "List the devices of this machine that can train.",
    ["purelora devices", "purelora devices --json"], Run)
{
    internal static void Run(DevicesSettings settings, Report report, CancellationToken stop)
    {
        using var host = Device.Open("cpu");
        List<(string Name, string Description)> found = [(host.Name, host.Description)];
        found.AddRange(GpuDevice.List().Select(gpu => (gpu.Name, $"{gpu.Description}, {Sizes.Text(gpu.MemoryBytes)}")));
        found.Add(("ilgpu", "the GPU kernels on the CPU, for tests; slow"));
        foreach (var (name, description) in found)
            report.Line($"{name,-10} {description}");
        if (found.Count == 2)
            report.Line("No CUDA or OpenCL 2.0 driver was found, so training runs on the CPU.");
        report.Result(("devices", new JsonArray([.. found.Select(d => (JsonNode)new JsonObject { ["name"] = d.Name, ["description"] = d.Description })])));
    }
}
