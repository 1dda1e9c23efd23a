namespace PureLora.Tests;

public sealed class GradientClippingTests
{
    [Theory, MemberData(nameof(Devices.AllAndInterpreters), MemberType = typeof(Devices))]
    public void The_norm_is_the_root_of_the_sum_of_squares_over_all_parameters(string deviceName)
    {
        using var device = Devices.Open(deviceName);
        // One block and a bit, less than a vector, exactly a block.
        int[] lengths = [1024 * 3 + 5, 7, 1024];
        var parameters = lengths.Select(n => new Parameter(device, "p", 1, n, new float[n])).ToArray();
        var sum = 0.0;
        foreach (var (parameter, seed) in parameters.Select((p, i) => (p, i)))
        {
            var gradient = Devices.Noise((int)parameter.Data.Length, 90 + seed);
            parameter.Gradient.CopyFrom(gradient);
            sum += gradient.Sum(g => (double)g * g);
        }
        using var untouched = new Parameter(device, "untouched", 1, 3, [1f, 2f, 3f]);
        var norm = GradientClipping.GlobalNorm(device, [.. parameters, untouched]);
        // A block adds 1024 positive squares in f32.
        Assert.Equal(1, norm / Math.Sqrt(sum), 1e-6);
        Assert.False(untouched.HasGradient);
        foreach (var parameter in parameters)
            parameter.Dispose();
    }

    [Fact]
    public void Threads_do_not_change_the_norm() => Assert.Equal(Norm(1), Norm(3));

    static double Norm(int threads)
    {
        const int n = 100_003;
        using var device = Device.Open("cpu", threads);
        using var p = new Parameter(device, "p", 1, n, new float[n]);
        p.Gradient.CopyFrom(Devices.Noise(n, 4));
        return GradientClipping.GlobalNorm(device, [p]);
    }

    [Theory, MemberData(nameof(Devices.AllAndInterpreters), MemberType = typeof(Devices))]
    public void A_gradient_that_is_no_number_shows_in_the_norm(string deviceName)
    {
        using var device = Devices.Open(deviceName);
        using var p = new Parameter(device, "p", 1, 2000, new float[2000]);
        var gradient = Devices.Noise(2000, 4);
        gradient[1999] = float.NaN;
        p.Gradient.CopyFrom(gradient);
        var norm = GradientClipping.GlobalNorm(device, [p]);
        Assert.Equal(double.NaN, norm);
        Assert.Equal(double.NaN, GradientClipping.Coefficient(norm, 1));
    }

    [Theory]
    [InlineData(0.5, 1, 1)]
    [InlineData(4, 1, 1 / 4.000001)]
    [InlineData(4, 0.3, 0.3 / 4.000001)]
    [InlineData(4, 0, 1)]
    [InlineData(0, 1, 1)]
    public void The_coefficient_brings_a_larger_norm_down_and_leaves_others(double norm, double maxNorm, double expected) =>
        Assert.Equal(expected, GradientClipping.Coefficient(norm, maxNorm));

    [Fact]
    public void No_parameters_have_a_norm_of_zero()
    {
        using var device = Device.Open("cpu");
        Assert.Equal(0, GradientClipping.GlobalNorm(device, []));
    }
}
