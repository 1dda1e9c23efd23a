using ILGPU;

namespace PureLora.Kernels;

/// <summary>
/// What a step on a GPU sees of an optimizer's state. State that the device holds is seen whole. Paged state is in host
/// memory: it is seen a piece at a time, in a buffer of the device that a piece is copied to and back from.
/// </summary>
sealed unsafe class StateWindow<T> : IDisposable where T : unmanaged
{
    /// <summary>Elements of a parameter in a piece of paged state.</summary>
    public const int PieceLength = 1 << 20;

    readonly Buffer<T> state;
    readonly Buffer<T>? window;
    readonly int each;

    /// <param name="state">It has one number for <paramref name="each"/> elements of the parameter.</param>
    /// <param name="each">A divisor of <see cref="PieceLength"/>.</param>
    public StateWindow(Buffer<T> state, int each = 1)
    {
        (this.state, this.each) = (state, each);
        if (state.IsPaged && !state.Device.ReadsHostMemory)
            window = state.Device.Rent<T>(Math.Min(state.Length, PieceLength / each));
    }

    /// <summary>Elements of the parameter that are seen at once.</summary>
    public long Piece => window is null ? Math.Max(1, state.Length * each) : PieceLength;

    /// <summary>The state of <paramref name="count"/> elements from <paramref name="first"/>, which begins a piece.</summary>
    public ArrayView<T> Read(GpuDevice gpu, long first, long count)
    {
        var (start, length) = Part(first, count);
        if (window is null)
            return state.View.SubView(start, length);
        gpu.CopyFrom(window, new ReadOnlySpan<T>(state.Pointer + start, length));
        return window.View.SubView(0, length);
    }

    /// <summary>Puts back what a kernel has made of what was read, and waits for it.</summary>
    public void Write(GpuDevice gpu, long first, long count)
    {
        var (start, length) = Part(first, count);
        if (window is not null)
            gpu.CopyTo(window, new Span<T>(state.Pointer + start, length));
    }

    (long Start, int Length) Part(long first, long count) => (first / each, (int)((count + each - 1) / each));

    public void Dispose() => window?.Dispose();
}

/// <summary>The same of a moment in 8 bits: its codes and its scales.</summary>
sealed class CodedWindow(CodedMoment moment) : IDisposable
{
    readonly StateWindow<byte> codes = new(moment.Codes);
    readonly StateWindow<float> scales = new(moment.Scales, Moment.Block);

    public long Piece => codes.Piece;

    public void Read(GpuDevice gpu, long first, long count, out ArrayView<byte> codesSeen, out ArrayView<float> scalesSeen) =>
        (codesSeen, scalesSeen) = (codes.Read(gpu, first, count), scales.Read(gpu, first, count));

    public void Write(GpuDevice gpu, long first, long count)
    {
        codes.Write(gpu, first, count);
        scales.Write(gpu, first, count);
    }

    public void Dispose()
    {
        codes.Dispose();
        scales.Dispose();
    }
}
