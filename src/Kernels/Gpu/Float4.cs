using ILGPU;
using ILGPU.Algorithms;

namespace PureLora.Kernels;

/// <summary>Four floats that memory gives in one load and takes in one store, at an address that is a multiple of 16 bytes.</summary>
struct Float4
{
    public float X, Y, Z, W;

    public static Float4 Of(float value) => new() { X = value, Y = value, Z = value, W = value };

    public readonly float Sum => X + Y + (Z + W);

    public static Float4 Times(Float4 a, Float4 b) => new() { X = a.X * b.X, Y = a.Y * b.Y, Z = a.Z * b.Z, W = a.W * b.W };

    public static Float4 Plus(Float4 a, Float4 b) => new() { X = a.X + b.X, Y = a.Y + b.Y, Z = a.Z + b.Z, W = a.W + b.W };

    public static Float4 Larger(Float4 a, Float4 b) => new() { X = Larger(a.X, b.X), Y = Larger(a.Y, b.Y), Z = Larger(a.Z, b.Z), W = Larger(a.W, b.W) };

    /// <summary>The first where it is the larger: what is no number is passed over.</summary>
    public static float Larger(float a, float b) => a > b ? a : b;

    /// <summary>factor·row + sum.</summary>
    public static Float4 Add(Float4 sum, float factor, Float4 row) => new()
    {
        X = GpuIntrinsics.Fma(factor, row.X, sum.X),
        Y = GpuIntrinsics.Fma(factor, row.Y, sum.Y),
        Z = GpuIntrinsics.Fma(factor, row.Z, sum.Z),
        W = GpuIntrinsics.Fma(factor, row.W, sum.W),
    };

    /// <summary>a·b + sum as one chain.</summary>
    public static float Dot(float sum, Float4 a, Float4 b) =>
        GpuIntrinsics.Fma(a.W, b.W, GpuIntrinsics.Fma(a.Z, b.Z, GpuIntrinsics.Fma(a.Y, b.Y, GpuIntrinsics.Fma(a.X, b.X, sum))));

    /// <summary>x[at..at + 4], with zeros where fewer than four are left; <paramref name="whole"/> if all are multiples of four.</summary>
    public static Float4 Read(ArrayView<float> x, int at, int left, bool whole)
    {
        var value = default(Float4);
        if (whole)
        {
            if (left > 0)
                value = x.Cast<Float4>()[at >> 2];
            return value;
        }
        if (left > 0)
            value.X = x[at];
        if (left > 1)
            value.Y = x[at + 1];
        if (left > 2)
            value.Z = x[at + 2];
        if (left > 3)
            value.W = x[at + 3];
        return value;
    }

    /// <summary>Stores as many as are left, or all four.</summary>
    public static void Write(ArrayView<float> x, int at, int left, bool whole, Float4 value)
    {
        if (whole)
        {
            if (left > 0)
                x.Cast<Float4>()[at >> 2] = value;
            return;
        }
        if (left > 0)
            x[at] = value.X;
        if (left > 1)
            x[at + 1] = value.Y;
        if (left > 2)
            x[at + 2] = value.Z;
        if (left > 3)
            x[at + 3] = value.W;
    }
}

/// <summary>Two words that memory gives in one load.</summary>
struct UInt2
{
    public uint X, Y;
}

/// <summary>Two floats, from an address that is a multiple of 8 bytes.</summary>
struct Float2
{
    public float X, Y;
}
