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
        GpuFinding[] found =
        [
            new(host.Name, host.Description, 0, null),
            .. GpuSurvey.Run(),
            new("ilgpu", "the GPU kernels on the CPU, for tests; slow", 0, null),
        ];
        foreach (var device in found)
            report.Line($"{device.Name,-10} {Text(device)}");
        report.Line($"{"auto",-10} {(found.FirstOrDefault(device => device is { IsCard: true, Refused: null })?.Name ?? "cpu")}");
        report.Result(("devices", new JsonArray([.. found.Select(Json)])));
    }

    static string Text(GpuFinding device) => device.Refused is { } why ? $"cannot be used: {why}"
        : device.MemoryBytes == 0 ? device.Description
        : $"{device.Description}, {Sizes.Text(device.MemoryBytes)}{(device.FreeBytes < device.MemoryBytes ? $", {Sizes.Text(device.FreeBytes)} free" : "")}{(device.IsCard ? "" : "; it is a processor, for which cpu is faster")}";

    static JsonNode Json(GpuFinding device) => new JsonObject
    {
        ["name"] = device.Name,
        ["description"] = device.Description,
        ["memory_bytes"] = device.MemoryBytes == 0 ? null : device.MemoryBytes,
        ["free_bytes"] = device.MemoryBytes == 0 || device.Refused is not null ? null : device.FreeBytes,
        ["refused"] = device.Refused,
    };
}
