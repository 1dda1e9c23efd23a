using CsCheck;

namespace PureLora.Tests;

public class HalfFloatsTests
{
    [Fact]
    public void Every_F16_survives_the_way_to_float_and_back_NaN_payloads_included()
    {
        for (int bits = 0; bits <= ushort.MaxValue; bits++)
            Assert.Equal((ushort)bits, HalfFloats.ToF16(HalfFloats.FromF16((ushort)bits)));
    }

    [Fact]
    public void Every_BF16_survives_the_way_to_float_and_back_NaN_payloads_included()
    {
        for (int bits = 0; bits <= ushort.MaxValue; bits++)
            Assert.Equal((ushort)bits, HalfFloats.ToBF16(HalfFloats.FromBF16((ushort)bits)));
    }

    [Fact]
    public void F16_widens_as_System_Half_does()
    {
        for (int bits = 0; bits <= ushort.MaxValue; bits++)
        {
            var half = BitConverter.UInt16BitsToHalf((ushort)bits);
            if (!Half.IsNaN(half))
                Assert.Equal(Bits((float)half), Bits(HalfFloats.FromF16((ushort)bits)));
            else
                Assert.True(float.IsNaN(HalfFloats.FromF16((ushort)bits)));
        }
    }

    [Fact]
    public void F16_narrows_as_System_Half_does_at_every_half_way_point_and_beside_it()
    {
        for (int bits = 0; bits < 0x7C00; bits++)
        {
            // The float half-way to the next F16 (65520 above the last), and its two neighbours.
            float low = (float)BitConverter.UInt16BitsToHalf((ushort)bits);
            float high = bits == 0x7BFF ? 65536f : (float)BitConverter.UInt16BitsToHalf((ushort)(bits + 1));
            float middle = (low + high) / 2;
            foreach (float x in (float[])[MathF.BitDecrement(middle), middle, MathF.BitIncrement(middle)])
            {
                Assert.Equal(BitConverter.HalfToUInt16Bits((Half)x), HalfFloats.ToF16(x));
                Assert.Equal(BitConverter.HalfToUInt16Bits((Half)(-x)), HalfFloats.ToF16(-x));
            }
        }
    }

    [Fact]
    public void F16_narrows_as_System_Half_does_for_any_float() => Gen.UInt.Sample(bits =>
    {
        float x = BitConverter.UInt32BitsToSingle(bits);
        ushort half = HalfFloats.ToF16(x);
        return float.IsNaN(x) ? Half.IsNaN(BitConverter.UInt16BitsToHalf(half)) : half == BitConverter.HalfToUInt16Bits((Half)x);
    }, iter: 20_000);

    [Fact]
    public void BF16_narrows_to_the_nearest_and_a_tie_to_the_even_one()
    {
        for (int bits = 0; bits < 0x7F80; bits++)
        {
            double low = HalfFloats.FromBF16((ushort)bits);
            double high = bits == 0x7F7F ? Math.ScaleB(1, 128) : HalfFloats.FromBF16((ushort)(bits + 1));
            float middle = (float)((low + high) / 2);
            Assert.Equal((low + high) / 2, middle);
            int even = bits % 2 == 0 ? bits : bits + 1;
            Assert.Equal(bits, HalfFloats.ToBF16(MathF.BitDecrement(middle)));
            Assert.Equal(even, HalfFloats.ToBF16(middle));
            Assert.Equal(bits + 1, HalfFloats.ToBF16(MathF.BitIncrement(middle)));
            Assert.Equal(even | 0x8000, HalfFloats.ToBF16(-middle));
        }
    }

    [Theory]
    [InlineData(0x7F800001u)]
    [InlineData(0xFF80FFFFu)]
    [InlineData(0x7FFFFFFFu)]
    [InlineData(0xFFC00000u)]
    public void A_NaN_stays_a_NaN_of_its_sign(uint bits)
    {
        float nan = BitConverter.UInt32BitsToSingle(bits);
        float viaBF16 = HalfFloats.FromBF16(HalfFloats.ToBF16(nan)), viaF16 = HalfFloats.FromF16(HalfFloats.ToF16(nan));
        Assert.True(float.IsNaN(viaBF16) && float.IsNaN(viaF16));
        Assert.Equal(bits >> 31, Bits(viaBF16) >> 31);
        Assert.Equal(bits >> 31, Bits(viaF16) >> 31);
    }

    [Fact]
    public void Spans_convert_as_single_values_and_leave_the_rest_alone() => Gen.Float.Array[0, 40].Sample(values =>
    {
        ushort[] bf16 = new ushort[values.Length + 1], f16 = new ushort[values.Length + 1];
        bf16[^1] = f16[^1] = 0x1234;
        HalfFloats.ToBF16(values, bf16);
        HalfFloats.ToF16(values, f16);
        Assert.Equal([.. values.Select(HalfFloats.ToBF16), 0x1234], bf16);
        Assert.Equal([.. values.Select(HalfFloats.ToF16), 0x1234], f16);
        float[] fromBF16 = new float[values.Length], fromF16 = new float[values.Length];
        HalfFloats.FromBF16(bf16.AsSpan(0, values.Length), fromBF16);
        HalfFloats.FromF16(f16.AsSpan(0, values.Length), fromF16);
        Assert.Equal(bf16.Take(values.Length).Select(b => Bits(HalfFloats.FromBF16(b))), fromBF16.Select(Bits));
        Assert.Equal(f16.Take(values.Length).Select(b => Bits(HalfFloats.FromF16(b))), fromF16.Select(Bits));
    });

    static uint Bits(float x) => BitConverter.SingleToUInt32Bits(x);
}
