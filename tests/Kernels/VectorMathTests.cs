using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;
using PureLora.Kernels;

namespace PureLora.Tests;

public class VectorMathTests
{
    // Math.Exp and Math.Log in f64 err by 2^-52 or so: nothing beside an f32 ulp.
    [Fact]
    public void Exp_is_within_one_ulp_wherever_its_result_is_a_normal_number()
    {
        double worst = 0;
        for (int i = 0; i <= 2_000_000; i++)
        {
            float x = (float)(-87.3365 + i * (176.0593 / 2_000_000));
            worst = Math.Max(worst, Ulps.Of(VectorMath.Exp(x), Math.Exp(x)));
        }
        Assert.InRange(worst, 0.4, 1.0);
    }

    [Fact]
    public void Log_is_within_one_ulp_for_every_positive_number_near_1_far_away_and_denormal()
    {
        double worst = 0;
        for (int bits = 1; bits < 0x7F800000 - 1009; bits += 1009)
            worst = Math.Max(worst, LogError(bits));
        int one = BitConverter.SingleToInt32Bits(1f);
        for (int bits = one - 500_000; bits < one + 500_000; bits++)
            worst = Math.Max(worst, LogError(bits));
        Assert.InRange(worst, 0.4, 1.0);

        static double LogError(int bits)
        {
            float x = BitConverter.Int32BitsToSingle(bits);
            return Ulps.Of(VectorMath.Log(x), Math.Log(x));
        }
    }

    [Theory]
    [Trait("Category", "Determinism")]
    [InlineData(0f, 1f, float.NegativeInfinity)]
    [InlineData(1f, 2.71828175f, 0f)]
    [InlineData(-1f, 0.36787945f, float.NaN)]
    [InlineData(88.7228317f, 3.40279851e38f, 4.48551750f)]
    [InlineData(88.7228394f, float.PositiveInfinity, 4.48551750f)]
    [InlineData(-87.3365402f, 1.17549974e-38f, float.NaN)]
    [InlineData(-87.3365479f, 0f, float.NaN)]
    [InlineData(float.MaxValue, float.PositiveInfinity, 88.7228394f)]
    [InlineData(float.MinValue, 0f, float.NaN)]
    [InlineData(float.Epsilon, 1f, -103.278931f)]
    [InlineData(float.PositiveInfinity, float.PositiveInfinity, float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity, 0f, float.NaN)]
    public void Edges_are_exact(float x, float exp, float log)
    {
        Assert.Equal(exp, VectorMath.Exp(x));
        Assert.Equal(exp, VectorMath.Exp(Vector512.Create(x)).GetElement(5));
        Assert.Equal(log, VectorMath.Log(x));
        Assert.Equal(log, VectorMath.Log(Vector512.Create(x)).GetElement(5));
    }

    [Fact]
    [Trait("Category", "Determinism")]
    public void Minus_zero_counts_as_zero()
    {
        Assert.Equal(1f, VectorMath.Exp(-0f));
        Assert.Equal(float.NegativeInfinity, VectorMath.Log(-0f));
    }

    [Fact]
    [Trait("Category", "Determinism")]
    public void A_NaN_comes_back_as_it_went_in()
    {
        foreach (uint bits in new[] { 0x7FC00000u, 0xFFC00000u, 0x7FC12345u })
        {
            float nan = BitConverter.UInt32BitsToSingle(bits);
            Assert.Equal(bits, BitConverter.SingleToUInt32Bits(VectorMath.Exp(nan)));
            Assert.Equal(bits, BitConverter.SingleToUInt32Bits(VectorMath.Log(nan)));
            Assert.Equal(Vector512.Create(bits), VectorMath.Exp(Vector512.Create(nan)).AsUInt32());
            Assert.Equal(Vector512.Create(bits), VectorMath.Log(Vector512.Create(nan)).AsUInt32());
        }
    }

    [Fact]
    [Trait("Category", "Determinism")]
    public void A_lane_and_the_scalar_form_have_the_same_bits_for_any_input()
    {
        float[] x = Inputs(100_000);
        for (int i = 0; i < x.Length; i += 16)
        {
            var v = Vector512.Create<float>(x, i);
            AssertLanes(v, VectorMath.Exp(v), VectorMath.Exp);
            AssertLanes(v, VectorMath.Log(v), VectorMath.Log);
        }
    }

    [Fact]
    public void Sigmoid_and_silu_are_within_three_and_four_ulp()
    {
        double sigmoid = 0, silu = 0;
        for (int i = 0; i <= 500_000; i++)
        {
            float x = (float)(-87 + i * (187.0 / 500_000));
            double s = 1 / (1 + Math.Exp(-(double)x));
            sigmoid = Math.Max(sigmoid, Ulps.Of(One(VectorMath.Sigmoid, x), s));
            silu = Math.Max(silu, Ulps.Of(One(VectorMath.Silu, x), x * s));
        }
        Assert.InRange(sigmoid, 0.4, 3);
        Assert.InRange(silu, 0.4, 4);
        Assert.Equal(0f, One(VectorMath.Sigmoid, -1000f));
        Assert.Equal(1f, One(VectorMath.Sigmoid, 1000f));
        Assert.Equal(1000f, One(VectorMath.Silu, 1000f));
    }

    [Fact]
    public void Tanh_and_erf_are_within_two_ulp_on_both_sides_of_their_seams()
    {
        double tanh = 0, erf = 0;
        for (int i = 0; i <= 400_000; i++)
            foreach (float x in new[] { (float)((i - 200_000) * 5e-5), (float)((i - 200_000) * 1e-8), 0.6249f + i * 5e-10f, 0.9999f + i * 5e-10f })
            {
                tanh = Math.Max(tanh, Ulps.Of(One(VectorMath.Tanh, x), Math.Tanh(x)));
                if ((i & 15) == 0)
                    erf = Math.Max(erf, Ulps.Of(One(VectorMath.Erf, x), OpCases.Erf(x)));
            }
        Assert.InRange(tanh, 0.4, 2);
        Assert.InRange(erf, 0.4, 2);
    }

    [Theory]
    [Trait("Category", "Determinism")]
    [InlineData(0f, 0f, 0f)]
    [InlineData(-1e-30f, -1e-30f, -1.12837915e-30f)]
    [InlineData(100f, 1f, 1f)]
    [InlineData(float.NegativeInfinity, -1f, -1f)]
    [InlineData(float.PositiveInfinity, 1f, 1f)]
    [InlineData(float.NaN, float.NaN, float.NaN)]
    public void Tanh_and_erf_are_exact_at_their_edges(float x, float tanh, float erf)
    {
        Assert.Equal(BitConverter.SingleToUInt32Bits(tanh), BitConverter.SingleToUInt32Bits(One(VectorMath.Tanh, x)));
        Assert.Equal(BitConverter.SingleToUInt32Bits(erf), BitConverter.SingleToUInt32Bits(One(VectorMath.Erf, x)));
    }

    [Fact]
    [Trait("Category", "Determinism")]
    public void Tanh_and_erf_of_a_hundred_thousand_inputs_hash_to_a_constant()
    {
        float[] x = Inputs(100_000);
        var outputs = new List<float>();
        for (int i = 0; i < x.Length; i += 16)
        {
            var v = Vector512.Create<float>(x, i) * Vector512.Create(0.05f);
            v = Vector512.ConditionalSelect(Vector512.Equals(v, v), v, Vector512<float>.Zero);
            foreach (var y in new[] { VectorMath.Tanh(v), VectorMath.Erf(v) })
                for (int lane = 0; lane < 16; lane++)
                    outputs.Add(y.GetElement(lane));
        }
        Assert.Equal("AB9C272384C85FC08B485749EECA0B974588BA5B1B6539051E9726132B137D2A",
            Convert.ToHexString(SHA256.HashData(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(outputs)))));
    }

    static float One(Func<Vector512<float>, Vector512<float>> curve, float x) => curve(Vector512.Create(x)).GetElement(3);

    [Fact]
    [Trait("Category", "Determinism")]
    public void A_hundred_thousand_outputs_hash_to_a_constant()
    {
        float[] x = Inputs(100_000);
        var outputs = new List<float>();
        for (int i = 0; i < x.Length; i += 16)
        {
            var v = Vector512.Create<float>(x, i);
            Add(VectorMath.Exp(v));
            Add(VectorMath.Log(v));
            // The rest computes with its input, and the bits of a computed NaN are the processor's own.
            var near = Vector512.ConditionalSelect(
                Vector512.LessThan(Vector512.Abs(v), Vector512.Create(100f)), v, Vector512.Create(3f));
            Add(VectorMath.Silu(near));
            outputs.Add(VectorMath.Sum(near));
            outputs.Add(VectorMath.Max(near));
        }
        string hash = Convert.ToHexString(SHA256.HashData(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(outputs))));
        Assert.Equal("330A2196E773FA428312699D5864C45A8627EF87DD811BA67673894CBD5A9DD5", hash);

        void Add(Vector512<float> v)
        {
            for (int lane = 0; lane < 16; lane++) outputs.Add(v.GetElement(lane));
        }
    }

    static void AssertLanes(Vector512<float> x, Vector512<float> y, Func<float, float> scalar)
    {
        for (int lane = 0; lane < 16; lane++)
        {
            float expected = scalar(x.GetElement(lane)), actual = y.GetElement(lane);
            bool same = BitConverter.SingleToUInt32Bits(expected) == BitConverter.SingleToUInt32Bits(actual)
                || (float.IsNaN(expected) && float.IsNaN(actual));
            Assert.True(same, $"lane {lane}: f({x.GetElement(lane):R}) = {actual:R}, the scalar form gives {expected:R}");
        }
    }

    /// <summary>Every kind of float: half are arbitrary bits, half lie in [-100, 100).</summary>
    static float[] Inputs(int count)
    {
        var x = new float[count];
        for (int i = 0; i < count; i++)
        {
            var block = Philox.Block(7, (uint)i, 0, 0, 0);
            x[i] = (i & 1) == 0 ? BitConverter.UInt32BitsToSingle(block.X) : (Philox.Uniform(block.X) - 0.5f) * 200;
        }
        return x;
    }
}
