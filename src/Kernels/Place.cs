using ILGPU;

namespace PureLora.Kernels;

/// <summary>target[offset + i] = source[i]: results of several launches side by side, to be read back at once.</summary>
static unsafe class Place
{
    public static void Forward(Device device, FloatBuffer source, FloatBuffer target, int offset) => device.Launch(
        _ => new ReadOnlySpan<float>(source.Pointer, (int)source.Length).CopyTo(new Span<float>(target.Pointer + offset, (int)source.Length)),
        gpu => gpu.Run(ForwardKernel, source.Length, source.View, target.View, offset));

    static void ForwardKernel(ArrayView<float> source, ArrayView<float> target, int offset)
    {
        for (var i = Grid.GlobalIndex.X; i < source.Length; i += Grid.DimX * Group.DimX)
            target[offset + i] = source[i];
    }
}
