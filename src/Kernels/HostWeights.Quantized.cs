using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PureLora.Kernels;

/// <remarks>
/// Quantized formats: a code's value times the scale, rounded once, whatever the width of the vectors. A nested scale is
/// decoded where a block begins, so that no array of scales is ever rebuilt.
/// </remarks>
static unsafe partial class HostWeights
{
    /// <summary>target[i] = element <paramref name="first"/> + i of the flattened matrix.</summary>
    public static void Decode(QuantizedMatrix matrix, long first, int count, float* target)
    {
        var isInt8 = matrix.Format == WeightFormat.INT8;
        var unit = isInt8 ? matrix.Columns : QuantizedLayout.Block;
        while (count > 0)
        {
            var index = first / unit;
            var here = (int)Math.Min(count, (index + 1) * unit - first);
            if (isInt8)
                DecodeBytes(matrix.Codes + first, here, matrix.Scale(index) / 127f, target);
            else
                DecodeNibbles(matrix.Codes, first, here, matrix.Map, matrix.Scale(index), target);
            first += here;
            count -= here;
            target += here;
        }
    }

    static void DecodeBytes(byte* codes, int count, float scale, float* target)
    {
        var i = 0;
        for (; i <= count - 16; i += 16)
        {
            var (low, high) = Vector256.Widen(Vector256.Create(Vector128.WidenLower(Vector128.Load((sbyte*)codes + i)), Vector128.WidenUpper(Vector128.Load((sbyte*)codes + i))));
            (Vector512.ConvertToSingle(Vector512.Create(low, high)) * Vector512.Create(scale)).Store(target + i);
        }
        for (; i < count; i++)
            target[i] = (sbyte)codes[i] * scale;
    }

    /// <summary>
    /// Eight bytes to sixteen lanes: each byte widened to 64 bits, its high half in the lower lane, the byte itself in
    /// the upper; of a lane, a permutation of the map looks at the low four bits alone.
    /// </summary>
    static void DecodeNibbles(byte* codes, long first, int count, float* map, float scale, float* target)
    {
        var i = 0;
        if ((first & 1) != 0)
            target[i++] = map[codes[first >> 1] & 15] * scale;
        codes += (first + i) >> 1;
        if (Avx512F.IsSupported)
        {
            var (values, scales) = (Vector512.Load(map), Vector512.Create(scale));
            for (; i <= count - 16; i += 16, codes += 8)
            {
                var wide = Avx512F.ConvertToVector512UInt64(Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<ulong>(codes)).AsByte());
                (Avx512F.PermuteVar16x32(values, ((wide >>> 4) | (wide << 32)).AsInt32()) * scales).Store(target + i);
            }
        }
        else if (Avx2.IsSupported)
        {
            var (lower, upper, scales) = (Vector256.Load(map), Vector256.Load(map + 8), Vector256.Create(scale));
            for (; i <= count - 8; i += 8, codes += 4)
            {
                var wide = Avx2.ConvertToVector256Int64(Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<uint>(codes)).AsByte());
                var index = ((wide >>> 4) | (wide << 32)).AsInt32();
                var value = Avx.BlendVariable(Avx2.PermuteVar8x32(lower, index), Avx2.PermuteVar8x32(upper, index), (index << 28).AsSingle());
                (value * scales).Store(target + i);
            }
        }
        for (; i < count; i += 2, codes++)
        {
            target[i] = map[*codes >> 4] * scale;
            if (i + 1 < count)
                target[i + 1] = map[*codes & 15] * scale;
        }
    }
}
