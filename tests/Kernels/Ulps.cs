namespace PureLora.Tests;

/// <summary>Distance from an exact value in units of the last place that the exact value has in the result's format.</summary>
static class Ulps
{
    internal static double Of(float actual, double exact)
    {
        double size = Math.Max(Math.Abs(exact), 1.1754943508222875e-38);
        return Math.Abs(actual - exact) / Math.ScaleB(1, Math.ILogB(size) - 23);
    }

    internal static double Of(double actual, double exact)
    {
        double size = Math.Max(Math.Abs(exact), 2.2250738585072014e-308);
        return Math.Abs(actual - exact) / Math.ScaleB(1, Math.ILogB(size) - 52);
    }
}
