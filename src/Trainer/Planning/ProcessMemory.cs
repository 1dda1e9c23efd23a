using System.Diagnostics;

namespace PureLora;

/// <summary>What the operating system counts for this process.</summary>
static class ProcessMemory
{
    /// <summary>The most memory that was resident at once, as the kernel counts it (VmHWM on Linux).</summary>
    public static long PeakResident()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }
}
