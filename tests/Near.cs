namespace PureLora.Tests;

/// <summary>Comparison of arrays with golden ones; a failure names the tensor and the element.</summary>
static class Near
{
    public static void Absolute(float[] expected, float[] actual, double tolerance, string name)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs((double)expected[i] - actual[i]) <= tolerance, $"{name}: element {i} is {actual[i]}, but the golden file has {expected[i]}.");
    }

    /// <summary>Within the tolerance, or that share of the tensor's largest element.</summary>
    public static void Relative(float[] expected, float[] actual, double tolerance, string name) =>
        Absolute(expected, actual, tolerance * Math.Max(1, expected.Max(Math.Abs)), name);
}
