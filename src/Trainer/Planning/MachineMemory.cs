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
        foreach (var folder in Groups(Text("/proc/self/cgroup")))
            foreach (var (limit, usage) in ((string, string)[])[("memory.max", "memory.current"), ("memory.limit_in_bytes", "memory.usage_in_bytes")])
                available = Math.Min(available, Left(Text($"{folder}/{limit}"), Text($"{folder}/{usage}"), Text($"{folder}/memory.stat")));
        return available;
    }

    /// <summary>
    /// The folders of the control groups that <c>/proc/self/cgroup</c> names, and of those above them, whose limits hold too:
    /// <c>0::/path</c> in version 2, <c>n:memory:/path</c> in version 1. In a container they may lie at the root.
    /// </summary>
    internal static IEnumerable<string> Groups(string cgroup)
    {
        foreach (var line in cgroup.Split('\n'))
        {
            if (line.Split(':', 3) is not [_, var controllers, var path] || (controllers != "" && !controllers.Split(',').Contains("memory")))
                continue;
            var root = controllers == "" ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory";
            for (path = path.TrimEnd('/'); path.Length > 0; path = path[..path.LastIndexOf('/')])
                yield return root + path;
            yield return root;
        }
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
