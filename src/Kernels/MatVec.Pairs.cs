using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PureLora.Kernels;

/// <summary>
/// Reads 32 elements of a row in pairs: the sixteen of even index and the sixteen of odd index, with the bits of
/// <see cref="HostWeights"/>. A struct type parameter, so that each format gets a loop of its own.
/// </summary>
unsafe interface IPairs
{
    /// <summary>Elements to a scale: of rows of so many columns that is the whole row, unless the format says less.</summary>
    static virtual int Unit(int columns) => columns;

    /// <summary>Of 32 elements.</summary>
    static abstract int Bytes { get; }

    static virtual byte* Codes(Weight w) => w.Pointer;

    /// <summary>What <see cref="Read"/> needs beside the codes of a unit.</summary>
    static virtual Vector512<float> Scale(QuantizedMatrix? matrix, long unit) => default;

    static abstract (Vector512<float> Even, Vector512<float> Odd) Read(byte* codes, Vector512<float> scale);
}

/// <summary>Floats that are in pairs already.</summary>
readonly unsafe struct SplitPairs : IPairs
{
    public static int Bytes => 128;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector512<float> Even, Vector512<float> Odd) Read(byte* codes, Vector512<float> scale) =>
        (Vector512.Load((float*)codes), Vector512.Load((float*)codes + 16));
}

readonly unsafe struct F32Pairs : IPairs
{
    public static int Bytes => 128;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector512<float> Even, Vector512<float> Odd) Read(byte* codes, Vector512<float> scale)
    {
        var floats = (float*)codes;
        if (Avx512F.IsSupported)
        {
            Vector512<float> a = Vector512.Load(floats), b = Vector512.Load(floats + 16);
            return (Avx512F.PermuteVar16x32x2(a, Vector512.Create(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30), b),
                Avx512F.PermuteVar16x32x2(a, Vector512.Create(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31), b));
        }
        if (Avx2.IsSupported)
        {
            Vector256<float> a = Vector256.Load(floats), b = Vector256.Load(floats + 8), c = Vector256.Load(floats + 16), d = Vector256.Load(floats + 24);
            return (Vector512.Create(InOrder(Avx.Shuffle(a, b, 0x88)), InOrder(Avx.Shuffle(c, d, 0x88))),
                Vector512.Create(InOrder(Avx.Shuffle(a, b, 0xDD)), InOrder(Avx.Shuffle(c, d, 0xDD))));
        }
        return (Vector512.Create(Every(floats, 0), Every(floats, 16)), Vector512.Create(Every(floats, 1), Every(floats, 17)));
    }

    /// <summary>A shuffle takes its halves in turn from both registers: the middle quarters change places.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector256<float> InOrder(Vector256<float> v) => Avx2.Permute4x64(v.AsDouble(), 0xD8).AsSingle();

    static Vector256<float> Every(float* x, int first) => Vector256.Create(
        x[first], x[first + 2], x[first + 4], x[first + 6], x[first + 8], x[first + 10], x[first + 12], x[first + 14]);
}

/// <summary>A lane of 32 bits holds the even element below the odd one.</summary>
readonly unsafe struct BF16Pairs : IPairs
{
    public static int Bytes => 64;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector512<float> Even, Vector512<float> Odd) Read(byte* codes, Vector512<float> scale)
    {
        var both = Vector512.Load((uint*)codes);
        return ((both << 16).AsSingle(), (both & Vector512.Create(0xFFFF0000u)).AsSingle());
    }
}

readonly unsafe struct F16Pairs : IPairs
{
    public static int Bytes => 64;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector512<float> Even, Vector512<float> Odd) Read(byte* codes, Vector512<float> scale)
    {
        var both = Vector512.Load((int*)codes);
        return (FromUpper(both << 16), FromUpper(both));
    }

    /// <summary>The binary16 in the upper half of each lane: its sign stays, its magnitude goes to a float's place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<float> FromUpper(Vector512<int> half)
    {
        var scaled = ((half >> 3) & Vector512.Create(unchecked((int)0x8FFFE000))).AsSingle() * Vector512.Create(5.192296858534828e33f);
        var isFinite = Vector512.LessThan(half & Vector512.Create(0x7FFF0000), Vector512.Create(0x7C000000));
        return Vector512.ConditionalSelect(isFinite, scaled.AsInt32(), scaled.AsInt32() | Vector512.Create(0x7F800000)).AsSingle();
    }
}

/// <summary>A lane of 16 bits, widened, holds the even element below the odd one.</summary>
readonly unsafe struct INT8Pairs : IPairs
{
    public static int Bytes => 32;

    public static byte* Codes(Weight w) => w.Quantized!.Codes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Scale(QuantizedMatrix? matrix, long unit) => Vector512.Create(matrix!.Scales[unit] / 127f);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector512<float> Even, Vector512<float> Odd) Read(byte* codes, Vector512<float> scale)
    {
        var both = Widen(Vector256.Load((short*)codes));
        return (Vector512.ConvertToSingle(both << 24 >> 24) * scale, Vector512.ConvertToSingle(both >> 8) * scale);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<int> Widen(Vector256<short> values)
    {
        if (Avx512F.IsSupported)
            return Avx512F.ConvertToVector512Int32(values);
        var (low, high) = Vector256.Widen(values);
        return Vector512.Create(low, high);
    }
}

/// <summary>
/// A byte holds the even element above the odd one. The scale of a block is taken into its sixteen values first: the
/// same product, rounded once, of which each element is then a copy.
/// </summary>
readonly unsafe struct FourBitPairs : IPairs
{
    public static int Unit(int columns) => QuantizedLayout.Block;

    public static int Bytes => 16;

    public static byte* Codes(Weight w) => w.Quantized!.Codes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Scale(QuantizedMatrix? matrix, long unit) => Vector512.Load(matrix!.Map) * Vector512.Create(matrix.Scales[unit]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector512<float> Even, Vector512<float> Odd) Read(byte* codes, Vector512<float> values)
    {
        if (Avx512F.IsSupported)
        {
            var bytes = Avx512F.ConvertToVector512Int32(Vector128.Load(codes));
            return (Avx512F.PermuteVar16x32(values, bytes >> 4), Avx512F.PermuteVar16x32(values, bytes));
        }
        if (Avx2.IsSupported)
        {
            var (lower, upper) = (values.GetLower(), values.GetUpper());
            Vector256<int> first = Avx2.ConvertToVector256Int32(codes), second = Avx2.ConvertToVector256Int32(codes + 8);
            return (Vector512.Create(Pick(lower, upper, first >> 4), Pick(lower, upper, second >> 4)),
                Vector512.Create(Pick(lower, upper, first), Pick(lower, upper, second)));
        }
        float* map = stackalloc float[16], even = stackalloc float[16], odd = stackalloc float[16];
        values.Store(map);
        for (var i = 0; i < 16; i++)
            (even[i], odd[i]) = (map[codes[i] >> 4], map[codes[i] & 15]);
        return (Vector512.Load(even), Vector512.Load(odd));
    }

    /// <summary>A permutation of eight looks at three bits; the fourth, moved to the sign, picks the register.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector256<float> Pick(Vector256<float> lower, Vector256<float> upper, Vector256<int> index) =>
        Avx.BlendVariable(Avx2.PermuteVar8x32(lower, index), Avx2.PermuteVar8x32(upper, index), (index << 28).AsSingle());
}

/// <summary>The same where scales are codes in their turn.</summary>
readonly unsafe struct NestedFourBitPairs : IPairs
{
    public static int Unit(int columns) => FourBitPairs.Unit(columns);

    public static int Bytes => FourBitPairs.Bytes;

    public static byte* Codes(Weight w) => FourBitPairs.Codes(w);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Scale(QuantizedMatrix? matrix, long unit) => Vector512.Load(matrix!.Map)
        * Vector512.Create(matrix.NestedMap[matrix.NestedCodes[unit]] * matrix.NestedScales[(ulong)unit / QuantizedLayout.NestedBlock] + matrix.Offset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector512<float> Even, Vector512<float> Odd) Read(byte* codes, Vector512<float> values) => FourBitPairs.Read(codes, values);
}
