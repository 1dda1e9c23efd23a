using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using ILGPU;

namespace PureLora.Kernels;

/// <summary>
/// y = f(x), or y = f(x)·u where u is given: the gated unit (Shazeer, arXiv 2002.05202), element by element, with f an
/// <see cref="Activation"/>. Backward computes f again: dx += dy·u·f'(x), du += dy·f(x).
/// </summary>
static unsafe class Activate
{
    const int Grain = 4096;

    public static void Forward(Device device, Activation activation, FloatBuffer x, FloatBuffer? up, FloatBuffer y) => Activations.For(
        activation, Forward<Silu>, Forward<Gelu>, Forward<GeluTanh>, Forward<QuickGelu>, Forward<Relu>, Forward<SquaredRelu>)(device, x, up, y);

    /// <summary>A gradient that is null is not wanted.</summary>
    public static void Backward(Device device, Activation activation, FloatBuffer dy, FloatBuffer x, FloatBuffer? up, FloatBuffer? dx, FloatBuffer? dup) => Activations.For(
        activation, Backward<Silu>, Backward<Gelu>, Backward<GeluTanh>, Backward<QuickGelu>, Backward<Relu>, Backward<SquaredRelu>)(device, dy, x, up, dx, dup);

    static void Forward<T>(Device device, FloatBuffer x, FloatBuffer? up, FloatBuffer y) where T : struct, IActivation => device.Launch(
        host => host.For(y.Length, Grain, (from, to) => Loop<T>(x.Pointer, up is null ? null : up.Pointer, y.Pointer, from, to)),
        gpu => gpu.Run(ForwardKernel<T>, y.Length, x.View, (up ?? x).View, up is null ? 0 : 1, y.View));

    static void Backward<T>(Device device, FloatBuffer dy, FloatBuffer x, FloatBuffer? up, FloatBuffer? dx, FloatBuffer? dup)
        where T : struct, IActivation => device.Launch(
        host => host.For(dy.Length, Grain, (from, to) => BackwardLoop<T>(
            dy.Pointer, x.Pointer, up is null ? null : up.Pointer, dx is null ? null : dx.Pointer, dup is null ? null : dup.Pointer, from, to)),
        gpu =>
        {
            if (dx is not null)
                gpu.Run(BackwardKernel<T>, dy.Length, dy.View, x.View, (up ?? x).View, up is null ? 0 : 1, dx.View);
            if (dup is not null)
                gpu.Run(BackwardUpKernel<T>, dy.Length, dy.View, x.View, dup.View);
        });

    static void Loop<T>(float* x, float* up, float* y, long from, long to) where T : struct, IActivation
    {
        var i = from;
        for (; i <= to - 16; i += 16)
            Values<T>(x + i, up is null ? null : up + i, y + i, 16);
        if (i < to)
            Values<T>(x + i, up is null ? null : up + i, y + i, (int)(to - i));
    }

    static void BackwardLoop<T>(float* dy, float* x, float* up, float* dx, float* dup, long from, long to) where T : struct, IActivation
    {
        var i = from;
        for (; i <= to - 16; i += 16)
            Slopes<T>(dy + i, x + i, up is null ? null : up + i, dx is null ? null : dx + i, dup is null ? null : dup + i, 16);
        if (i < to)
            Slopes<T>(dy + i, x + i, up is null ? null : up + i, dx is null ? null : dx + i, dup is null ? null : dup + i, (int)(to - i));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Values<T>(float* x, float* up, float* y, int count) where T : struct, IActivation
    {
        var u = up is null ? Vector512<float>.One : VectorMath.Load(up, count);
        VectorMath.Store(default(T).Value(VectorMath.Load(x, count)) * u, y, count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Slopes<T>(float* dy, float* x, float* up, float* dx, float* dup, int count) where T : struct, IActivation
    {
        var d = VectorMath.Load(dy, count);
        var slope = default(T).Slope(VectorMath.Load(x, count), out var value);
        var u = up is null ? Vector512<float>.One : VectorMath.Load(up, count);
        if (dx is not null)
            VectorMath.Store(Vector512.FusedMultiplyAdd(d * u, slope, VectorMath.Load(dx, count)), dx, count);
        if (dup is not null)
            VectorMath.Store(Vector512.FusedMultiplyAdd(d, value, VectorMath.Load(dup, count)), dup, count);
    }

    static void ForwardKernel<T>(ArrayView<float> x, ArrayView<float> up, int gated, ArrayView<float> y) where T : struct, IActivation
    {
        for (var i = Grid.GlobalIndex.X; i < y.Length; i += Grid.DimX * Group.DimX)
            y[i] = default(T).Value(x[i]) * (gated == 1 ? up[i] : 1f);
    }

    static void BackwardKernel<T>(ArrayView<float> dy, ArrayView<float> x, ArrayView<float> up, int gated, ArrayView<float> dx) where T : struct, IActivation
    {
        for (var i = Grid.GlobalIndex.X; i < dy.Length; i += Grid.DimX * Group.DimX)
            dx[i] += dy[i] * (gated == 1 ? up[i] : 1f) * default(T).Slope(x[i]);
    }

    static void BackwardUpKernel<T>(ArrayView<float> dy, ArrayView<float> x, ArrayView<float> dup) where T : struct, IActivation
    {
        for (var i = Grid.GlobalIndex.X; i < dy.Length; i += Grid.DimX * Group.DimX)
            dup[i] += dy[i] * default(T).Value(x[i]);
    }
}
