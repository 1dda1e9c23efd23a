using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace PureLora.Kernels;

/// <summary>
/// loss_i = log(sum_c e^l[i,c]) - l[i, t_i] for logits l [rows, V] and targets t; 0 where t_i is
/// <see cref="Ignored"/>. Backward: dl[i,c] += (softmax(l_i)_c - (c = t_i)) dloss_i. The rows are a part of a longer
/// list: row i belongs to targets, losses and stats at offset + i.
/// </summary>
/// <remarks>stats keeps two numbers per row for the backward pass: the largest logit, and 1 / sum_c e^(l - largest).</remarks>
static unsafe partial class CrossEntropy
{
    public const int Ignored = -100;

    /// <summary>
    /// A target outside of 0..V-1 is an error on the host. A GPU does not read back in a step: the loss is NaN there.
    /// </summary>
    public static void Forward(Device device, FloatBuffer logits, int vocabulary, IntBuffer targets, int offset, FloatBuffer losses, FloatBuffer stats)
    {
        var rows = (int)(logits.Length / vocabulary);
        using var partials = device.Rent<float>(device.ReadsHostMemory ? 1 : 2L * MostSlices * rows);
        device.Launch(
            host =>
            {
                for (var row = 0; row < rows; row++)
                    Check(targets.Pointer[offset + row], vocabulary, offset + row);
                host.For(rows, 1, (from, to) =>
                {
                    for (var row = from; row < to; row++)
                        losses.Pointer[offset + row] = Row(logits.Pointer + (long)row * vocabulary, vocabulary, targets.Pointer[offset + row], stats.Pointer + 2 * (offset + row));
                });
            },
            gpu =>
            {
                var isGrouped = gpu.HasGroups && vocabulary >= FewestColumns;
                var slices = isGrouped ? Slices(vocabulary) : MostSlices;
                if (!isGrouped)
                    gpu.Run(PartialsKernel, (long)rows * slices, logits.View, vocabulary, rows, slices, partials.View);
                else
                    gpu.RunGroups(PartialsGroupsKernel, (long)rows * slices, logits.View, vocabulary, rows, slices, partials.View);
                gpu.Run(ForwardKernel, rows, logits.View, vocabulary, rows, slices, partials.View, targets.View, offset, losses.View, stats.View);
            });
    }

    /// <summary>dlogits += as above; without <paramref name="add"/>, dlogits = , and may be the logits themselves.</summary>
    public static void Backward(
        Device device, FloatBuffer logits, int vocabulary, IntBuffer targets, int offset, FloatBuffer dlosses, FloatBuffer stats, FloatBuffer dlogits, bool add)
    {
        var rows = (int)(logits.Length / vocabulary);
        device.Launch(
            host => host.For(rows, 1, (from, to) =>
            {
                for (var row = from; row < to; row++)
                    BackwardRow(logits.Pointer + (long)row * vocabulary, vocabulary, targets.Pointer[offset + row], dlosses.Pointer[offset + row], stats.Pointer + 2 * (offset + row), dlogits.Pointer + (long)row * vocabulary, add);
            }),
            gpu => gpu.Run(BackwardKernel, (long)rows * MostSlices, BackwardGroupsKernel, rows * BackwardGroups(vocabulary), logits.View, vocabulary, rows, targets.View, offset, dlosses.View, stats.View, dlogits.View, add ? 1 : 0));
    }

    static void Check(int target, int vocabulary, int index)
    {
        if (target != Ignored && (uint)target >= (uint)vocabulary)
            throw new PureLoraException($"CrossEntropy: target {index} is {target}, but a vocabulary of {vocabulary} needs 0 to {vocabulary - 1}, or {Ignored} for none. Check that the tokenizer belongs to this model.");
    }

    static float Row(float* l, int vocabulary, int target, float* stats)
    {
        var i = vocabulary / 16 * 16;
        var max = VectorMath.Max(Largest(l, i));
        for (var j = i; j < vocabulary; j++)
            max = l[j] > max ? l[j] : max;
        var shift = max > float.NegativeInfinity ? max : 0f;
        var sums = Exponentials(l, i, shift);
        // The lanes past the row hold -infinity, whose exponential is the 0 that changes no sum.
        if (i < vocabulary)
        {
            var last = stackalloc float[16];
            new Span<float>(last, 16).Fill(float.NegativeInfinity);
            new ReadOnlySpan<float>(l + i, vocabulary - i).CopyTo(new Span<float>(last, 16));
            sums += VectorMath.Exp(Vector512.Load(last) - Vector512.Create(shift));
        }
        var sum = VectorMath.Sum(sums);
        stats[0] = shift;
        stats[1] = 1f / sum;
        return target == Ignored ? 0f : VectorMath.Log(sum) + (shift - l[target]);
    }

    // The loops over a row stand alone, because a call behind them would keep their lanes in memory.
    [MethodImpl(MethodImplOptions.NoInlining)]
    static Vector512<float> Largest(float* l, int count)
    {
        Vector512<float> lanes = Vector512.Create(float.NegativeInfinity), others = lanes;
        var i = 0;
        for (; i <= count - 32; i += 32)
            (lanes, others) = (Larger(Vector512.Load(l + i), lanes), Larger(Vector512.Load(l + i + 16), others));
        return Larger(i < count ? Larger(Vector512.Load(l + i), lanes) : lanes, others);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static Vector512<float> Exponentials(float* l, int count, float shift)
    {
        var sums = Vector512<float>.Zero;
        for (var i = 0; i < count; i += 16)
            sums += VectorMath.Exp(Vector512.Load(l + i) - Vector512.Create(shift));
        return sums;
    }

    static Vector512<float> Larger(Vector512<float> a, Vector512<float> b) => Vector512.ConditionalSelect(Vector512.GreaterThan(a, b), a, b);

    static void BackwardRow(float* l, int vocabulary, int target, float dloss, float* stats, float* dl, bool add)
    {
        if (target == Ignored)
        {
            if (!add)
                new Span<float>(dl, vocabulary).Clear();
            return;
        }
        float shift = stats[0], factor = stats[1] * dloss;
        var i = 0;
        for (; i <= vocabulary - 16; i += 16)
        {
            var p = VectorMath.Exp(Vector512.Load(l + i) - Vector512.Create(shift));
            Vector512.FusedMultiplyAdd(p, Vector512.Create(factor), add ? Vector512.Load(dl + i) : Vector512<float>.Zero).Store(dl + i);
        }
        for (; i < vocabulary; i++)
            dl[i] = float.FusedMultiplyAdd(VectorMath.Exp(l[i] - shift), factor, add ? dl[i] : 0f);
        dl[target] -= dloss;
    }
}
