namespace PureLora.Kernels;

/// <summary>Four floats that memory gives in one load, from an address that is a multiple of 16 bytes.</summary>
struct Float4
{
    public float X, Y, Z, W;
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
