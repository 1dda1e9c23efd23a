namespace PureLora.Kernels;

/// <summary>Random weights by their bits: word i of part p is word i mod 4 of the Philox block with counter (i / 4, p).</summary>
static unsafe class RandomBits
{
    const int Chunk = 1 << 14;

    /// <summary>Uniform in (-range, range), in a format that is not quantized.</summary>
    public static void Elements(CpuDevice? host, WeightFormat format, ulong key, byte* target, long count, float range) => For(host, (count + 3) / 4, block =>
    {
        var bits = Philox.Block(key, (uint)block, (uint)(block >> 32), 0, 0);
        for (var i = 4 * block; i < Math.Min(4 * block + 4, count); i++)
        {
            var value = range * (2f * Philox.Uniform(Word(bits, i)) - 1f);
            if (format == WeightFormat.F32)
                ((float*)target)[i] = value;
            else
                ((ushort*)target)[i] = format == WeightFormat.BF16 ? (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16) : BitConverter.HalfToUInt16Bits((Half)value);
        }
    });

    /// <summary>Any code is as likely as any other; scales are between half of range and range.</summary>
    public static void Matrix(CpuDevice? host, ulong key, QuantizedMatrix matrix, float range)
    {
        Bytes(host, key, 0, matrix.Codes, matrix.Layout.CodeBytes);
        if (!matrix.IsNested)
        {
            For(host, matrix.Layout.ScaleCount, i => matrix.Scales[i] = range * (0.5f + 0.5f * Philox.Uniform(Philox.Block(key, (uint)i, (uint)(i >> 32), 1, 0).X)));
            return;
        }
        Bytes(host, key, 1, matrix.NestedCodes, matrix.Layout.ScaleCount);
        new Span<float>(matrix.NestedScales, (int)matrix.Layout.NestedCount).Fill(0.25f * range);
        matrix.Offset = 0.75f * range;
    }

    static void Bytes(CpuDevice? host, ulong key, uint part, byte* target, long count) => For(host, (count + 15) / 16, i =>
    {
        var bits = Philox.Block(key, (uint)i, (uint)(i >> 32), part, 0);
        for (var b = 16 * i; b < Math.Min(16 * i + 16, count); b++)
            target[b] = (byte)(Word(bits, b / 4) >> (int)(8 * (b & 3)));
    });

    static uint Word(PhiloxBlock bits, long i) => (i & 3) switch { 0 => bits.X, 1 => bits.Y, 2 => bits.Z, _ => bits.W };

    static void For(CpuDevice? host, long count, Action<long> body)
    {
        void Chunks(long from, long to)
        {
            for (var i = (long)from * Chunk; i < Math.Min(count, (long)to * Chunk); i++)
                body(i);
        }
        var chunks = (int)((count + Chunk - 1) / Chunk);
        if (host is null)
            Chunks(0, chunks);
        else
            host.For(chunks, 1, Chunks);
    }
}
