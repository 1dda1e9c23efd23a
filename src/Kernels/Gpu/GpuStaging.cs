using ILGPU;
using ILGPU.Runtime;

namespace PureLora;

/// <summary>
/// Pinned host memory that copies to a device pass through, so that the caller goes on at once and the device fetches
/// when it comes to it. Pieces follow each other round a ring; only where it begins again is the device waited for.
/// </summary>
sealed class GpuStaging(GpuDriver driver, Action synchronize) : IDisposable
{
    public const int Bytes = 1 << 24;
    PageLockedArray1D<byte>? ring;
    int used;

    /// <summary>Copies <paramref name="source"/> to the front of <paramref name="target"/>.</summary>
    public void Copy(ReadOnlySpan<byte> source, ArrayView<byte> target)
    {
        var accelerator = driver.Accelerator;
        ring ??= accelerator.AllocatePageLocked1D<byte>(Bytes, uninitialized: true);
        for (var first = 0; first < source.Length;)
        {
            if (used == Bytes)
            {
                synchronize();
                used = 0;
            }
            var count = Math.Min(source.Length - first, Bytes - used);
            source.Slice(first, count).CopyTo(ring.Span[used..]);
            target.SubView(first, count).CopyFromCPUUnsafeAsync(accelerator.DefaultStream, ref ring.Span[used], count);
            first += count;
            used = Math.Min(Bytes, (used + count + 255) / 256 * 256);
        }
    }

    public void Dispose() => ring?.Dispose();
}
