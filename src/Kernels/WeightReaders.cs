using ILGPU;

namespace PureLora.Kernels;

/// <summary>
/// A weight in a GPU's memory: 32-bit words, each one float, two 16-bit values or four bytes with the first in the low
/// part. The parts of a quantized one begin at these words; its code book is at 0.
/// </summary>
readonly struct WeightView(ArrayView<uint> words, QuantizedLayout layout, int columns, float offset)
{
    public readonly ArrayView<uint> Words = words;
    public readonly long Codes = layout.Codes / 4, Scales = layout.Scales / 4, NestedScales = layout.NestedScales / 4, NestedMap = layout.NestedMap / 4;
    public readonly int Columns = columns;
    public readonly float Offset = offset;

    public float Float(long index) => Interop.IntAsFloat(Words[index]);

    /// <summary>Byte <paramref name="index"/> of what begins at word <paramref name="start"/>.</summary>
    public uint Byte(long start, long index) => (Words[start + (index >> 2)] >> (int)((index & 3) << 3)) & 0xFFu;
}

/// <summary>
/// How a GPU kernel reads one element of a weight. A struct type parameter, so that each format gets a kernel of its
/// own with nothing to decide at run time.
/// </summary>
interface IWeightReader
{
    float Read(WeightView w, long index);

    /// <summary>
    /// Elements index to index + 3, with index a multiple of four, which are of row <paramref name="row"/>;
    /// <paramref name="book"/> is the code book in shared memory.
    /// </summary>
    Float4 Read4(WeightView w, ArrayView<float> book, int row, long index);

    /// <summary>Before a group's first <see cref="Read4"/>: brings the code book, where there is one, into shared memory.</summary>
    void Prepare(WeightView w, ArrayView<float> book);
}

static class WeightReaders
{
    /// <summary>The kernel, of those for each reader, that reads <paramref name="w"/>.</summary>
    public static T For<T>(Weight w, T f32, T bf16, T f16, T int8, T fourBits, T nested) => w.Format switch
    {
        WeightFormat.F32 => f32,
        WeightFormat.BF16 => bf16,
        WeightFormat.F16 => f16,
        WeightFormat.INT8 => int8,
        _ => w.IsNested ? nested : fourBits,
    };
}

/// <summary>IEEE binary32.</summary>
readonly struct F32Reader : IWeightReader
{
    public void Prepare(WeightView w, ArrayView<float> book) { }

    public float Read(WeightView w, long index) => w.Float(index);

    public Float4 Read4(WeightView w, ArrayView<float> book, int row, long index) => w.Words.Cast<Float4>()[index >> 2];
}

/// <summary>The upper half of a binary32.</summary>
readonly struct BF16Reader : IWeightReader
{
    public void Prepare(WeightView w, ArrayView<float> book) { }

    public float Read(WeightView w, long index) =>
        Interop.IntAsFloat(w.Words[index >> 1] >> (int)((index & 1) << 4) << 16);

    public Float4 Read4(WeightView w, ArrayView<float> book, int row, long index)
    {
        var words = w.Words.Cast<UInt2>()[index >> 2];
        return new Float4
        {
            X = Interop.IntAsFloat(words.X << 16),
            Y = Interop.IntAsFloat(words.X & 0xFFFF0000u),
            Z = Interop.IntAsFloat(words.Y << 16),
            W = Interop.IntAsFloat(words.Y & 0xFFFF0000u),
        };
    }
}

/// <summary>IEEE binary16. Widened without a subnormal binary32 on the way, which a device may take for zero.</summary>
readonly struct F16Reader : IWeightReader
{
    public void Prepare(WeightView w, ArrayView<float> book) { }

    public float Read(WeightView w, long index) => Widen(w.Words[index >> 1] >> (int)((index & 1) << 4));

    public Float4 Read4(WeightView w, ArrayView<float> book, int row, long index)
    {
        var words = w.Words.Cast<UInt2>()[index >> 2];
        return new Float4 { X = Widen(words.X), Y = Widen(words.X >> 16), Z = Widen(words.Y), W = Widen(words.Y >> 16) };
    }

    /// <summary>Of the lower half of a word.</summary>
    public static float Widen(uint word)
    {
        var half = word & 0xFFFFu;
        var magnitude = half & 0x7FFFu;
        // Below 2^-14 in steps of 2^-24; from there on the exponent's bias moves from 15 to 127.
        var bits = magnitude < 0x400u ? Interop.FloatAsInt((int)magnitude * 5.9604644775390625e-8f) : (magnitude << 13) + 0x38000000u;
        bits = magnitude > 0x7BFFu ? bits | 0x7F800000u : bits;
        return Interop.IntAsFloat(bits | ((half & 0x8000u) << 16));
    }
}

/// <summary>A signed byte times its row's scale.</summary>
readonly struct INT8Reader : IWeightReader
{
    public void Prepare(WeightView w, ArrayView<float> book) { }

    public float Read(WeightView w, long index) =>
        ((int)(w.Byte(w.Codes, index) << 24) >> 24) * Scale(w, index / w.Columns);

    public Float4 Read4(WeightView w, ArrayView<float> book, int row, long index) => Values4(w.Words[w.Codes + (index >> 2)], Scale(w, row));

    public static Float4 Values4(uint word, float scale) =>
        new() { X = ((int)(word << 24) >> 24) * scale, Y = ((int)(word << 16) >> 24) * scale, Z = ((int)(word << 8) >> 24) * scale, W = ((int)word >> 24) * scale };

    static float Scale(WeightView w, long row) => w.Float(w.Scales + row) / 127f;
}

/// <summary>The value of a four-bit code times its block's scale.</summary>
readonly struct FourBitReader : IWeightReader
{
    public void Prepare(WeightView w, ArrayView<float> book) => Bring(w, book);

    public static void Bring(WeightView w, ArrayView<float> book)
    {
        if (Group.IdxX < 16)
            book[Group.IdxX] = w.Float(Group.IdxX);
        GpuIntrinsics.Barrier();
    }

    public float Read(WeightView w, long index) => Value(w, index) * w.Float(w.Scales + (index >> 6));

    public Float4 Read4(WeightView w, ArrayView<float> book, int row, long index) => Values4(book, Codes4(w, index), w.Float(w.Scales + (index >> 6)));

    /// <summary>Four codes are one half of a word.</summary>
    public static uint Codes4(WeightView w, long index) => w.Words[w.Codes + (index >> 3)] >> (int)((index & 4) << 2);

    public static Float4 Values4(ArrayView<float> book, uint codes, float scale) => new()
    {
        X = book[(int)(codes >> 4) & 15] * scale,
        Y = book[(int)codes & 15] * scale,
        Z = book[(int)(codes >> 12) & 15] * scale,
        W = book[(int)(codes >> 8) & 15] * scale,
    };

    /// <summary>An element of even index is in the high half of its byte.</summary>
    public static float Value(WeightView w, long index) =>
        w.Float((w.Byte(w.Codes, index >> 1) >> (int)((~index & 1) << 2)) & 15u);
}

/// <summary>The same where scales are eight-bit codes: the value of a code times a nested scale, and the offset.</summary>
readonly struct NestedFourBitReader : IWeightReader
{
    public void Prepare(WeightView w, ArrayView<float> book) => FourBitReader.Bring(w, book);

    public float Read(WeightView w, long index) => FourBitReader.Value(w, index) * Scale(w, index >> 6);

    public Float4 Read4(WeightView w, ArrayView<float> book, int row, long index) => FourBitReader.Values4(book, FourBitReader.Codes4(w, index), Scale(w, index >> 6));

    static float Scale(WeightView w, long block) =>
        w.Float(w.NestedMap + w.Byte(w.Scales, block)) * w.Float(w.NestedScales + (block >> 8)) + w.Offset;
}
