using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace PureLora.Kernels;

/// <summary>
/// A quantized matrix [<see cref="Rows"/>, <see cref="Columns"/>] in host memory, in parts as bitsandbytes lays them
/// out: an element is the value of its code times a scale. The parts are its own, freed by <see cref="Dispose"/>, or
/// point into memory that outlives it, such as a mapped file's.
/// </summary>
sealed unsafe class QuantizedMatrix : IDisposable
{
    void* owned;

    /// <summary>A matrix whose parts the caller points somewhere.</summary>
    public QuantizedMatrix(Quantization how, int rows, int columns)
    {
        if (!how.IsQuantized)
            throw new ArgumentException($"QuantizedMatrix: the format is {how.Format}, but a quantized matrix needs INT8, FP4 or NF4.");
        Format = how.Format;
        (Rows, Columns) = (rows, columns);
        IsNested = how is { IsFourBit: true, DoubleQuant: true };
        Layout = new QuantizedLayout(how, rows, columns);
    }

    /// <summary>A matrix with its parts, as yet undefined, in <paramref name="memory"/>; the code books are filled in.</summary>
    public QuantizedMatrix(Quantization how, int rows, int columns, byte* memory) : this(how, rows, columns)
    {
        Codes = memory + Layout.Codes;
        if (IsNested)
        {
            NestedCodes = memory + Layout.Scales;
            NestedScales = (float*)(memory + Layout.NestedScales);
            NestedMap = (float*)(memory + Layout.NestedMap);
            DynamicMap.Signed.Values.CopyTo(new Span<float>(NestedMap, 256));
        }
        else
        {
            Scales = (float*)(memory + Layout.Scales);
        }
        if (how.IsFourBit)
        {
            Map = (float*)memory;
            CodeBook.Of(Format).Values.CopyTo(new Span<float>(Map, 16));
        }
    }

    /// <summary>A matrix in memory of its own.</summary>
    public static QuantizedMatrix Allocate(Quantization how, int rows, int columns)
    {
        var memory = (byte*)NativeMemory.AlignedAlloc((nuint)Math.Max(new QuantizedLayout(how, rows, columns).Length, 1), 256);
        return new QuantizedMatrix(how, rows, columns, memory) { owned = memory };
    }

    public WeightFormat Format { get; }

    public int Rows { get; }

    public int Columns { get; }

    /// <summary>Whether the scales are codes too (double quantization).</summary>
    public bool IsNested { get; }

    public QuantizedLayout Layout { get; }

    public Quantization Quantization => new(Format, IsNested);

    /// <summary>NF4 and FP4: two to a byte, the first in the high half. INT8: signed bytes, row by row.</summary>
    public byte* Codes { get; set; }

    /// <summary>NF4 and FP4: the largest magnitude of each 64 elements; null when nested. INT8: of each row.</summary>
    public float* Scales { get; set; }

    /// <summary>The code of each scale less <see cref="Offset"/>, over its nested scale.</summary>
    public byte* NestedCodes { get; set; }

    /// <summary>One for each 256 nested codes.</summary>
    public float* NestedScales { get; set; }

    /// <summary>The 256 values of a nested code.</summary>
    public float* NestedMap { get; set; }

    /// <summary>The mean of the scales.</summary>
    public float Offset { get; set; }

    /// <summary>The 16 values of a code; null in INT8.</summary>
    public float* Map { get; set; }

    /// <summary>The scale of block <paramref name="index"/> (INT8: of that row), as <c>absmax</c>, rounded as bitsandbytes rounds it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Scale(long index) => IsNested
        ? NestedMap[NestedCodes[index]] * NestedScales[index / QuantizedLayout.NestedBlock] + Offset
        : Scales[index];

    /// <summary>Each part: its address, its place in <see cref="Layout"/> and its bytes.</summary>
    public (nint Source, long At, long Bytes)[] Parts
    {
        get
        {
            List<(nint, long, long)> parts = [((nint)Codes, Layout.Codes, Layout.CodeBytes)];
            if (Map is not null)
                parts.Add(((nint)Map, 0, 16 * sizeof(float)));
            if (!IsNested)
                return [.. parts, ((nint)Scales, Layout.Scales, Layout.ScaleCount * sizeof(float))];
            return
            [
                .. parts,
                ((nint)NestedCodes, Layout.Scales, Layout.ScaleCount),
                ((nint)NestedScales, Layout.NestedScales, Layout.NestedCount * sizeof(float)),
                ((nint)NestedMap, Layout.NestedMap, 256 * sizeof(float)),
            ];
        }
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(owned);
        owned = null;
    }
}
