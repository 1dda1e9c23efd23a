namespace PureLora.Tests;

/// <summary>Rows of a frozen table, which has no gradient and may be stored in 16 bits.</summary>
public sealed unsafe class EmbeddingTests
{
    public static TheoryData<WeightFormat, string> FormatsOnDevices
    {
        get
        {
            var data = new TheoryData<WeightFormat, string>();
            foreach (var format in (WeightFormat[])[WeightFormat.F32, WeightFormat.BF16, WeightFormat.F16])
                foreach (var device in Devices.Names.Concat(Devices.Interpreters))
                    data.Add(format, device);
            return data;
        }
    }

    [Theory, MemberData(nameof(FormatsOnDevices))]
    public void A_frozen_table_gives_its_rows_exactly(WeightFormat format, string deviceName)
    {
        const int rows = 7, columns = 37;
        int[] ids = [6, 0, 6, 2];
        var values = Devices.Noise(rows * columns, 8);
        var (bytes, stored) = Store(format, values);
        using var device = Devices.Open(deviceName);
        fixed (byte* source = bytes)
        {
            using var table = Weight.Over(device, format, rows, columns, source);
            using var picks = device.RentCopy<int>(ids);
            using var tape = new Tape(device);
            var y = tape.Embedding(table, picks);
            Assert.False(y.NeedsGrad);
            Assert.Equal("[4, 37]", y.Shape);
            Assert.Equal([.. ids.SelectMany(id => stored.Skip(id * columns).Take(columns))], y.Data.ToArray());
        }
    }

    /// <summary>The values as bytes of a format, and what those bytes mean.</summary>
    static (byte[] Bytes, float[] Stored) Store(WeightFormat format, float[] values)
    {
        switch (format)
        {
            case WeightFormat.BF16:
                var cut = values.Select(x => BitConverter.SingleToUInt32Bits(x) & 0xFFFF0000u).ToArray();
                return ([.. cut.SelectMany(x => BitConverter.GetBytes((ushort)(x >> 16)))], [.. cut.Select(BitConverter.UInt32BitsToSingle)]);
            case WeightFormat.F16:
                return ([.. values.SelectMany(x => BitConverter.GetBytes((Half)x))], [.. values.Select(x => (float)(Half)x)]);
            default:
                return ([.. values.SelectMany(BitConverter.GetBytes)], values);
        }
    }
}
