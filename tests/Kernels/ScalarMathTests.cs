using System.Runtime.InteropServices;
using System.Security.Cryptography;
using PureLora.Kernels;

namespace PureLora.Tests;

public class ScalarMathTests
{
    // The C library behind Math errs by up to 1 ulp, ours by up to 1: 2 in all.
    const double Limit = 2;

    [Fact]
    public void Exp_agrees_with_the_library()
    {
        double worst = 0;
        for (int i = 0; i <= 500_000; i++)
        {
            double x = -708.3 + i * (1418.0 / 500_000), near = (i - 250_000) * 1e-5;
            worst = Math.Max(worst, Ulps.Of(ScalarMath.Exp(x), Math.Exp(x)));
            worst = Math.Max(worst, Ulps.Of(ScalarMath.Exp(near), Math.Exp(near)));
        }
        Assert.InRange(worst, 0, Limit);
    }

    [Fact]
    public void Log_agrees_with_the_library()
    {
        double worst = 0;
        for (int i = 1; i <= 500_000; i++)
        {
            double near = i * 8e-6, wide = BitConverter.Int64BitsToDouble(i * (0x7FEFFFFFFFFFFFFF / 500_000));
            worst = Math.Max(worst, Ulps.Of(ScalarMath.Log(near), Math.Log(near)));
            worst = Math.Max(worst, Ulps.Of(ScalarMath.Log(wide), Math.Log(wide)));
        }
        Assert.InRange(worst, 0, Limit);
        Assert.Equal(Math.Log(double.Epsilon), ScalarMath.Log(double.Epsilon), 1e-12);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(1e3)]
    [InlineData(1e6)]
    [InlineData(1e12)]
    public void Sin_and_cos_agree_with_the_library_up_to(double largest)
    {
        double worst = 0;
        for (int i = -200_000; i <= 200_000; i++)
        {
            double x = i * (largest / 200_000);
            worst = Math.Max(worst, Ulps.Of(ScalarMath.Sin(x), Math.Sin(x)));
            worst = Math.Max(worst, Ulps.Of(ScalarMath.Cos(x), Math.Cos(x)));
        }
        Assert.InRange(worst, 0, Limit);
    }

    [Fact]
    public void Sin_and_cos_keep_their_digits_beside_the_multiples_of_half_pi()
    {
        double worst = 0;
        for (int k = 1; k < 700_000; k += 3)
        {
            double x = k * (Math.PI / 2);
            worst = Math.Max(worst, Ulps.Of(ScalarMath.Sin(x), Math.Sin(x)));
            worst = Math.Max(worst, Ulps.Of(ScalarMath.Cos(x), Math.Cos(x)));
        }
        Assert.InRange(worst, 0, Limit);
    }

    [Fact]
    public void Pow_is_within_its_stated_error()
    {
        foreach (double x in new[] { 1e-8, 0.1, 0.999, 1.0, 2.0, 10_000.0, 500_000.0, 1e6 })
            for (double y = -4; y <= 4; y += 0.0078125)
            {
                double exact = Math.Pow(x, y), allowed = 3e-16 * (1 + Math.Abs(y * Math.Log(x)));
                Assert.InRange(Math.Abs(ScalarMath.Pow(x, y) / exact - 1), 0, allowed + 2.3e-16);
            }
    }

    [Fact]
    [Trait("Category", "Determinism")]
    public void Edges_are_exact()
    {
        Assert.Equal(1, ScalarMath.Exp(0));
        Assert.Equal(double.PositiveInfinity, ScalarMath.Exp(709.7827128933841));
        Assert.Equal(1.797693134862273e308, ScalarMath.Exp(709.782712893384), 1e295);
        Assert.Equal(2.225073858507262e-308, ScalarMath.Exp(-708.3964185322641), 1e-320);
        Assert.Equal(0, ScalarMath.Exp(-708.3964185322642));
        Assert.Equal(0, ScalarMath.Exp(double.NegativeInfinity));
        Assert.Equal(double.NaN, ScalarMath.Exp(double.NaN));
        Assert.Equal(0, ScalarMath.Log(1));
        Assert.Equal(double.NegativeInfinity, ScalarMath.Log(0));
        Assert.Equal(double.NaN, ScalarMath.Log(-1));
        Assert.Equal(double.PositiveInfinity, ScalarMath.Log(double.PositiveInfinity));
        Assert.Equal(double.NaN, ScalarMath.Log(double.NaN));
        Assert.Equal(1, ScalarMath.Pow(0, 0));
        Assert.Equal(0, ScalarMath.Pow(0, 0.5));
        Assert.Equal(0, ScalarMath.Sin(0));
        Assert.Equal(1, ScalarMath.Cos(0));
        Assert.Equal(double.NaN, ScalarMath.Sin(double.PositiveInfinity));
        Assert.Equal(double.NaN, ScalarMath.Cos(double.NaN));
    }

    [Fact]
    [Trait("Category", "Determinism")]
    public void A_hundred_thousand_outputs_hash_to_a_constant()
    {
        var y = new double[100_000];
        for (int i = 0; i < y.Length; i += 5)
        {
            var block = Philox.Block(5, (uint)i, 0, 0, 0);
            double x = (block.X - 2147483648.0) / 3_000_000;
            y[i] = ScalarMath.Exp(x);
            y[i + 1] = ScalarMath.Log(block.Y + 0.5);
            y[i + 2] = ScalarMath.Sin(x * 1000);
            y[i + 3] = ScalarMath.Cos(x);
            y[i + 4] = Philox.Gaussian(block.Z, block.W);
        }
        Assert.Equal("B7D01A67E45C57F43ACA756B193C20FFF2D2677FD9C1EC780518B3A12C1176C3",
            Convert.ToHexString(SHA256.HashData(MemoryMarshal.AsBytes<double>(y))));
    }
}
