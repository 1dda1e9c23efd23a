using System.Globalization;

namespace PureLora;

/// <summary>
/// What this machine can still give a process: on Linux the smaller of what the kernel calls available and what the
/// control group of the process has left, where files that can be read again do not count as used; elsewhere what the
/// runtime sees.
/// </summary>
public static class MachineMemory
{
    public static long Available()
    {
        if (!OperatingSystem.IsLinux())
        {
            var info = GC.GetGCMemoryInfo();
            return info.TotalAvailableMemoryBytes - Math.Min(info.MemoryLoadBytes, info.TotalAvailableMemoryBytes);
        }
        var available = Available(Text("/proc/meminfo"));
        foreach (var (folder, limit, usage) in ((string, string, string)[])[("/sys/fs/cgroup", "memory.max", "memory.current"), ("/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes")])
            available = Math.Min(available, Left(Text($"{folder}/{limit}"), Text($"{folder}/{usage}"), Text($"{folder}/memory.stat")));
        return available;
    }

    /// <summary>MemAvailable of <c>/proc/meminfo</c>, in bytes.</summary>
    internal static long Available(string meminfo) => Field(meminfo, "MemAvailable:") is { } kibibytes ? kibibytes << 10 : long.MaxValue;

    /// <summary>What a control group has left: its limit, less what it uses and could not drop.</summary>
    internal static long Left(string limit, string usage, string stat)
    {
        if (!long.TryParse(limit.Trim(), CultureInfo.InvariantCulture, out var most) || !long.TryParse(usage.Trim(), CultureInfo.InvariantCulture, out var used))
            return long.MaxValue;
        var files = (Field(stat, "inactive_file") ?? 0) + (Field(stat, "active_file") ?? 0);
        return Math.Max(0, most - Math.Max(0, used - files));
    }

    static long? Field(string text, string name)
    {
        foreach (var line in text.Split('\n'))
            if (line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var key, var value, ..] && key == name && long.TryParse(value, CultureInfo.InvariantCulture, out var number))
                return number;
        return null;
    }

    static string Text(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
