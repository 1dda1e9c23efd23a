namespace PureLora;

/// <summary>
/// Where one tensor lies in a file: row-major, little-endian elements of <paramref name="DType"/>.
/// </summary>
/// <param name="Name">The tensor's name in the file.</param>
/// <param name="DType">Element type.</param>
/// <param name="Shape">Sizes, outermost first; empty for a scalar.</param>
/// <param name="Offset">First byte, counted from the start of the file.</param>
/// <param name="Bytes">Length in bytes: the product of the shape times the element size.</param>
public sealed record TensorInfo(string Name, DType DType, long[] Shape, long Offset, long Bytes)
{
    /// <summary>Number of elements: the product of the shape, 1 for a scalar.</summary>
    public long Count => Bytes / DType.Size();

    /// <summary>Type and shape as error messages show them: <c>F32 [2, 3]</c>.</summary>
    public override string ToString() => Show(DType, Shape);

    internal static string Show(DType type, ReadOnlySpan<long> shape) => $"{type.Name()} [{string.Join(", ", shape.ToArray())}]";

    /// <summary>Product of the shape times the element size; false when a size is negative or the product overflows.</summary>
    internal static bool TryCountBytes(DType type, ReadOnlySpan<long> shape, out long bytes)
    {
        bytes = type.Size();
        foreach (long size in shape)
        {
            if (size < 0 || Math.BigMul(bytes, size, out long low) != 0 || low < 0)
                return false;
            bytes = low;
        }
        return true;
    }
}
