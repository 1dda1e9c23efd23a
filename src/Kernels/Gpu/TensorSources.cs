using ILGPU;

namespace PureLora.Kernels;

/// <summary>Eight numbers of a weight as they came from memory, in as many words as their format fills, and their scale.</summary>
struct RawEight
{
    public uint A, B, C, D, E, F, G, H;
    public float Scale;
}

/// <summary>
/// How a product on tensor cores reads a weight, in two parts: what it fetches is looked at only after the products of the
/// step before, so that a warp does not wait for memory. Numbers come in eights, from an index that is a multiple of eight
/// in rows of whole eights; other rows are read one by one.
/// </summary>
interface ITensorSource
{
    void Prepare(WeightView w, ArrayView<float> book);

    RawEight Fetch(WeightView w, int row, long index);

    /// <summary>Decoded and rounded. Of nothing but zeros it must make finite numbers.</summary>
    Eight Unpack(WeightView w, ArrayView<float> book, long index, RawEight raw);

    float Read(WeightView w, long index);
}

readonly struct F32Source : ITensorSource
{
    public void Prepare(WeightView w, ArrayView<float> book) { }

    public RawEight Fetch(WeightView w, int row, long index)
    {
        var (low, high) = (w.Words.Cast<Eight>()[index >> 2], w.Words.Cast<Eight>()[(index >> 2) + 1]);
        return new RawEight { A = low.A, B = low.B, C = low.C, D = low.D, E = high.A, F = high.B, G = high.C, H = high.D };
    }

    public Eight Unpack(WeightView w, ArrayView<float> book, long index, RawEight raw) => Round(raw);

    public static Eight Round(RawEight raw) => new()
    {
        A = TensorCores.Round(Interop.IntAsFloat(raw.A), Interop.IntAsFloat(raw.B)),
        B = TensorCores.Round(Interop.IntAsFloat(raw.C), Interop.IntAsFloat(raw.D)),
        C = TensorCores.Round(Interop.IntAsFloat(raw.E), Interop.IntAsFloat(raw.F)),
        D = TensorCores.Round(Interop.IntAsFloat(raw.G), Interop.IntAsFloat(raw.H)),
    };

    public float Read(WeightView w, long index) => default(F32Reader).Read(w, index);
}

readonly struct BF16Source : ITensorSource
{
    public void Prepare(WeightView w, ArrayView<float> book) { }

    public RawEight Fetch(WeightView w, int row, long index) => Sixteens(w, index);

    public static RawEight Sixteens(WeightView w, long index)
    {
        var words = w.Words.Cast<Eight>()[index >> 3];
        return new RawEight { A = words.A, B = words.B, C = words.C, D = words.D };
    }

    public Eight Unpack(WeightView w, ArrayView<float> book, long index, RawEight raw) => new() { A = raw.A, B = raw.B, C = raw.C, D = raw.D };

    public float Read(WeightView w, long index) => default(BF16Reader).Read(w, index);
}

readonly struct F16Source : ITensorSource
{
    public void Prepare(WeightView w, ArrayView<float> book) { }

    public RawEight Fetch(WeightView w, int row, long index) => BF16Source.Sixteens(w, index);

    public Eight Unpack(WeightView w, ArrayView<float> book, long index, RawEight raw) => new() { A = Round(raw.A), B = Round(raw.B), C = Round(raw.C), D = Round(raw.D) };

    static uint Round(uint word) => TensorCores.Round(F16Reader.Widen(word), F16Reader.Widen(word >> 16));

    public float Read(WeightView w, long index) => default(F16Reader).Read(w, index);
}

readonly struct INT8Source : ITensorSource
{
    public void Prepare(WeightView w, ArrayView<float> book) { }

    public RawEight Fetch(WeightView w, int row, long index) => new() { A = w.Words[w.Codes + (index >> 2)], B = w.Words[w.Codes + (index >> 2) + 1], Scale = w.Float(w.Scales + row) };

    public Eight Unpack(WeightView w, ArrayView<float> book, long index, RawEight raw)
    {
        var (low, high) = (INT8Reader.Values4(raw.A, raw.Scale / 127f), INT8Reader.Values4(raw.B, raw.Scale / 127f));
        return TensorTiles.Round(low, high);
    }

    public float Read(WeightView w, long index) => default(INT8Reader).Read(w, index);
}

readonly struct FourBitSource : ITensorSource
{
    public void Prepare(WeightView w, ArrayView<float> book) => FourBitReader.Bring(w, book);

    public RawEight Fetch(WeightView w, int row, long index) => new() { A = w.Words[w.Codes + (index >> 3)], Scale = w.Float(w.Scales + (index >> 6)) };

    public Eight Unpack(WeightView w, ArrayView<float> book, long index, RawEight raw) => Values8(book, raw.A, raw.Scale);

    public static Eight Values8(ArrayView<float> book, uint codes, float scale)
    {
        var (low, high) = (FourBitReader.Values4(book, codes, scale), FourBitReader.Values4(book, codes >> 16, scale));
        return TensorTiles.Round(low, high);
    }

    public float Read(WeightView w, long index) => default(FourBitReader).Read(w, index);
}

readonly struct NestedFourBitSource : ITensorSource
{
    public void Prepare(WeightView w, ArrayView<float> book) => FourBitReader.Bring(w, book);

    public RawEight Fetch(WeightView w, int row, long index) => new()
    {
        A = w.Words[w.Codes + (index >> 3)],
        B = w.Words[w.Scales + (index >> 8)],
        Scale = w.Float(w.NestedScales + (index >> 14)),
    };

    public Eight Unpack(WeightView w, ArrayView<float> book, long index, RawEight raw)
    {
        var code = (raw.B >> (int)(((index >> 6) & 3) << 3)) & 0xFFu;
        return FourBitSource.Values8(book, raw.A, w.Float(w.NestedMap + code) * raw.Scale + w.Offset);
    }

    public float Read(WeightView w, long index) => default(NestedFourBitReader).Read(w, index);
}
