namespace PureLora;

/// <summary>The newest packed copy of a product's side, as <see cref="Kernels.MatMul.Pack"/> makes it, for as long as its values stay.</summary>
sealed class PackedSide(Device device) : IDisposable
{
    FloatBuffer? values, packed;
    int version;

    /// <summary>Packs <paramref name="from"/>, unless it is what was packed last.</summary>
    public FloatBuffer Of(FloatBuffer from, int rows)
    {
        if (packed is null || !ReferenceEquals(values, from) || version != from.Version)
        {
            Dispose();
            (values, version) = (from, from.Version);
            packed = Kernels.MatMul.Pack(device, from, rows);
        }
        return packed;
    }

    public void Dispose()
    {
        packed?.Dispose();
        packed = null;
    }
}
