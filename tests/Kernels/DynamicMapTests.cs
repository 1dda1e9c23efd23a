using PureLora.Kernels;

namespace PureLora.Tests;

/// <summary>The look-up by the upper half of a number's bits is the search that it stands for.</summary>
public sealed class DynamicMapTests
{
    [Theory, InlineData(true), InlineData(false)]
    public void A_code_is_the_nearest_and_a_tie_the_lower(bool signed)
    {
        var map = signed ? DynamicMap.Signed : DynamicMap.Unsigned;
        var values = map.Values.ToArray();
        var midpoints = values.Zip(values.Skip(1), (a, b) => (a + b) / 2).ToArray();
        int Nearest(float x)
        {
            var code = Array.BinarySearch(midpoints, x);
            return code < 0 ? ~code : code;
        }
        // Every upper half of bits at both of its ends, and every midpoint with its neighbours.
        var numbers = Enumerable.Range(0, 65536)
            .SelectMany(key => (float[])[BitConverter.UInt32BitsToSingle((uint)key << 16), BitConverter.UInt32BitsToSingle((uint)key << 16 | 0xFFFF)])
            .Concat(midpoints.SelectMany(m => (float[])[m, MathF.BitIncrement(m), MathF.BitDecrement(m)]))
            .Concat(Devices.Noise(20000, 5));
        foreach (var x in numbers.Where(float.IsFinite))
            Assert.True(Nearest(x) == map.Code(x), $"{x} has code {map.Code(x)}, but needs {Nearest(x)}.");
    }
}
