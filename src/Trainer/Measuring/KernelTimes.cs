using System.Diagnostics;

namespace PureLora;

/// <summary>Time per kernel, while it stands in <see cref="Device.Watch"/>: each launch is waited for.</summary>
sealed class KernelTimes
{
    readonly Dictionary<string, (long Ticks, int Launches)> times = [];

    /// <summary>Measures the launches of <paramref name="device"/> until the result is disposed.</summary>
    public IDisposable Watch(Device device)
    {
        device.Watch = (kernel, run) =>
        {
            var start = Stopwatch.GetTimestamp();
            run();
            device.Synchronize();
            var name = kernel.ToString();
            var (ticks, launches) = times.GetValueOrDefault(name);
            times[name] = (ticks + Stopwatch.GetTimestamp() - start, launches + 1);
        };
        return new End(device);
    }

    /// <summary>Seconds and launches, the longest first.</summary>
    public IReadOnlyList<(string Kernel, double Seconds, int Launches)> ToList() =>
        [.. times.OrderByDescending(t => t.Value.Ticks).Select(t => (t.Key, (double)t.Value.Ticks / Stopwatch.Frequency, t.Value.Launches))];

    sealed class End(Device device) : IDisposable
    {
        public void Dispose() => device.Watch = null;
    }
}
