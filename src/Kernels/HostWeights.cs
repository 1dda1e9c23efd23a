using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace PureLora.Kernels;

/// <summary>Decodes elements of a weight on the host. Each 16-bit value is a float, exactly.</summary>
static unsafe partial class HostWeights
{
    /// <summary>Of a format that is not quantized.</summary>
    public static long Bytes(WeightFormat format, long elements) => format == WeightFormat.F32 ? 4 * elements : 2 * elements;

    /// <summary>target[i] = element <paramref name="first"/> + i, row by row, for <paramref name="count"/> elements.</summary>
    public static void Decode(Weight w, long first, int count, float* target)
    {
        if (w.Quantized is { } matrix)
            Decode(matrix, first, count, target);
        else
            Decode(w.Format, w.Pointer, first, count, target);
    }

    public static void Decode(WeightFormat format, byte* source, long first, int count, float* target)
    {
        if (format == WeightFormat.F32)
        {
            System.Buffer.MemoryCopy((float*)source + first, target, 4L * count, 4L * count);
            return;
        }
        var halves = (ushort*)source + first;
        var i = 0;
        if (format == WeightFormat.BF16)
        {
            for (; i <= count - 16; i += 16)
                (Widen(halves + i) << 16).AsSingle().Store(target + i);
            for (; i < count; i++)
                target[i] = HalfFloats.FromBF16(halves[i]);
            return;
        }
        for (; i <= count - 16; i += 16)
            FromF16(Widen(halves + i)).Store(target + i);
        for (; i < count; i++)
            target[i] = HalfFloats.FromF16(halves[i]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> Widen(ushort* source)
    {
        var (low, high) = Vector256.Widen(Vector256.Load(source));
        return Vector512.Create(low, high);
    }

    /// <summary><see cref="HalfFloats.FromF16(ushort)"/> in each lane, with its bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> FromF16(Vector512<uint> half)
    {
        var sign = (half & Vector512.Create(0x8000u)) << 16;
        var magnitude = half & Vector512.Create(0x7FFFu);
        var scaled = (magnitude << 13).AsSingle() * Vector512.Create(5.192296858534828e33f);
        var special = Vector512.GreaterThan(magnitude, Vector512.Create(0x7BFFu));
        var infinite = scaled.AsUInt32() | Vector512.Create(0x7F800000u);
        return (Vector512.ConditionalSelect(special, infinite, scaled.AsUInt32()) | sign).AsSingle();
    }
}
