using System.Runtime.Intrinsics;
using ILGPU;

namespace PureLora.Kernels;

/// <summary>
/// Turns the halves (a, b) of every head by its row's angles: ya = a·c - b·s, yb = b·c + a·s, with c and s the row of
/// the tables [positions, D/2] at the row's position (RoFormer, arXiv 2104.09864, in the half-split order of Llama
/// checkpoints). x, y [T, H·D]. Where the tables are narrower than D/2, they turn the first dimensions of a head alone, and
/// the others are copied. Backward: dx += dy turned by the opposite angles. A position outside of the tables is an
/// error on the host; on a GPU its row is NaN.
/// </summary>
static unsafe class Rotary
{
    const int Grain = 16384;

    public static void Forward(
        Device device, FloatBuffer x, IntBuffer positions, FloatBuffer cos, FloatBuffer sin, int half, int size, FloatBuffer y) => device.Launch(
        host => Turn(host, x, positions, cos, sin, 1f, half, size, y, add: false),
        gpu => gpu.Run(ForwardKernel, y.Length / 2, x.View, positions.View, cos.View, sin.View, half, size, y.View));

    public static void Backward(
        Device device, FloatBuffer dy, IntBuffer positions, FloatBuffer cos, FloatBuffer sin, int half, int size, FloatBuffer dx) => device.Launch(
        host => Turn(host, dy, positions, cos, sin, -1f, half, size, dx, add: true),
        gpu => gpu.Run(BackwardKernel, dx.Length / 2, dy.View, positions.View, cos.View, sin.View, half, size, dx.View));

    static void Turn(
        CpuDevice host, FloatBuffer x, IntBuffer positions, FloatBuffer cos, FloatBuffer sin, float sign, int half, int size, FloatBuffer y, bool add)
    {
        var rows = (int)positions.Length;
        var columns = (int)(x.Length / Math.Max(rows, 1));
        IntRows.RefuseOutside("Rotary", positions, cos.Length / half);
        host.For(rows, Grain / Math.Max(columns, 1), (from, to) =>
        {
            float* source = x.Pointer + from * columns, target = y.Pointer + from * columns, cosines = cos.Pointer, sines = sin.Pointer;
            for (var row = from; row < to; row++)
            {
                var table = (long)positions.Pointer[row] * half;
                for (var head = 0; head < columns; head += size, source += size, target += size)
                {
                    TurnHead(source, cosines + table, sines + table, sign, half, target, add);
                    if (add)
                        Columns.Add(source + 2 * half, size - 2 * half, target + 2 * half);
                    else
                        new ReadOnlySpan<float>(source + 2 * half, size - 2 * half).CopyTo(new(target + 2 * half, size - 2 * half));
                }
            }
        });
    }

    static void TurnHead(float* x, float* cos, float* sin, float sign, int half, float* y, bool add)
    {
        var i = 0;
        for (; i <= half - 16; i += 16)
        {
            Vector512<float> a = Vector512.Load(x + i), b = Vector512.Load(x + half + i);
            Vector512<float> c = Vector512.Load(cos + i), s = Vector512.Load(sin + i) * sign;
            var ya = add ? Vector512.FusedMultiplyAdd(a, c, Vector512.Load(y + i)) : a * c;
            var yb = add ? Vector512.FusedMultiplyAdd(b, c, Vector512.Load(y + half + i)) : b * c;
            Vector512.FusedMultiplyAdd(-b, s, ya).Store(y + i);
            Vector512.FusedMultiplyAdd(a, s, yb).Store(y + half + i);
        }
        for (; i < half; i++)
        {
            float a = x[i], b = x[half + i], c = cos[i], s = sin[i] * sign;
            var ya = add ? float.FusedMultiplyAdd(a, c, y[i]) : a * c;
            var yb = add ? float.FusedMultiplyAdd(b, c, y[half + i]) : b * c;
            y[i] = float.FusedMultiplyAdd(-b, s, ya);
            y[half + i] = float.FusedMultiplyAdd(a, s, yb);
        }
    }

    static void ForwardKernel(
        ArrayView<float> x, ArrayView<int> positions, ArrayView<float> cos, ArrayView<float> sin, int half, int size, ArrayView<float> y)
    {
        var pairs = y.Length / 2;
        for (long pair = Grid.GlobalIndex.X; pair < pairs; pair += Grid.DimX * Group.DimX)
        {
            var j = (int)(pair % (size / 2));
            var i = pair / (size / 2) * size + j;
            if (j >= half)
            {
                // Beyond the turned dimensions, two neighbours are a pair.
                i += j;
                (y[i], y[i + 1]) = (x[i], x[i + 1]);
                continue;
            }
            var angle = (long)positions[pair / (pairs / positions.Length)] * half + j;
            float c = float.NaN, s = float.NaN;
            if (angle >= 0 && angle < cos.Length)
                (c, s) = (cos[angle], sin[angle]);
            y[i] = x[i] * c - x[i + half] * s;
            y[i + half] = x[i + half] * c + x[i] * s;
        }
    }

    static void BackwardKernel(
        ArrayView<float> dy, ArrayView<int> positions, ArrayView<float> cos, ArrayView<float> sin, int half, int size, ArrayView<float> dx)
    {
        var pairs = dx.Length / 2;
        for (long pair = Grid.GlobalIndex.X; pair < pairs; pair += Grid.DimX * Group.DimX)
        {
            var j = (int)(pair % (size / 2));
            var i = pair / (size / 2) * size + j;
            if (j >= half)
            {
                i += j;
                dx[i] += dy[i];
                dx[i + 1] += dy[i + 1];
                continue;
            }
            var angle = (long)positions[pair / (pairs / positions.Length)] * half + j;
            float c = float.NaN, s = float.NaN;
            if (angle >= 0 && angle < cos.Length)
                (c, s) = (cos[angle], sin[angle]);
            dx[i] += dy[i] * c + dy[i + half] * s;
            dx[i + half] += dy[i + half] * c - dy[i] * s;
        }
    }
}
