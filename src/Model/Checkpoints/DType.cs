namespace PureLora;

/// <summary>
/// The element types of a safetensors file that this program can name. The order is the one the format's own library
/// sorts by when it writes (small elements first), so that <see cref="SafetensorsWriter"/> gives the same bytes.
/// </summary>
public enum DType
{
    Bool, U8, I8, F8E5M2, F8E4M3, F8E8M0, I16, U16, F16, BF16, I32, U32, F32, F64, I64, U64,
}

/// <summary>Names and sizes of <see cref="DType"/>, as the safetensors format writes them.</summary>
public static class DTypes
{
    static readonly string[] Names =
    [
        "BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0", "I16", "U16", "F16", "BF16", "I32", "U32", "F32", "F64", "I64", "U64",
    ];

    /// <summary>The name in a safetensors header, for example <c>F32</c> or <c>F8_E4M3</c>.</summary>
    public static string Name(this DType type) => Names[(int)type];

    /// <summary>Bytes of one element.</summary>
    public static int Size(this DType type) => type switch
    {
        <= DType.F8E8M0 => 1,
        <= DType.BF16 => 2,
        <= DType.F32 => 4,
        _ => 8,
    };

    /// <summary>Finds the type that a header names; false for a name that is not known (case matters, as in the format).</summary>
    public static bool TryParse(string name, out DType type)
    {
        int at = Array.IndexOf(Names, name);
        type = (DType)Math.Max(at, 0);
        return at >= 0;
    }

    /// <summary>All names, for an error message.</summary>
    internal static string All => string.Join(", ", Names);
}
