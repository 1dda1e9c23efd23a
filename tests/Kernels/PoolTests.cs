using CsCheck;

namespace PureLora.Tests;

public sealed class PoolTests
{
    [Fact]
    public void A_returned_block_is_given_out_again()
    {
        using var device = Device.Open("cpu");
        device.Rent<float>(1000).Dispose();
        var blocks = device.BlocksTaken;
        using var same = device.Rent<float>(1000);
        Assert.Equal(blocks, device.BlocksTaken);
        using var second = device.Rent<float>(1000);
        Assert.Equal(blocks + 1, device.BlocksTaken);
    }

    [Fact]
    public void A_request_takes_the_smallest_idle_block_of_up_to_twice_its_size()
    {
        using var device = Device.Open("cpu");
        Buffer<byte> small = device.Rent<byte>(1024), middle = device.Rent<byte>(1536), large = device.Rent<byte>(4096);
        small.Dispose();
        middle.Dispose();
        large.Dispose();
        using var first = device.Rent<byte>(900);
        Assert.Equal(1024, device.Bytes);
        using var second = device.Rent<byte>(900);
        Assert.Equal(1024 + 1536, device.Bytes);
        Assert.Equal(3, device.BlocksTaken);
        using var third = device.Rent<byte>(900); // 4096 is more than twice as large
        Assert.Equal(4, device.BlocksTaken);
    }

    [Fact]
    public void Rounding_adds_at_most_an_eighth_and_keeps_the_order() =>
        Gen.Long[1, 1L << 40].Sample(bytes =>
        {
            var rounded = Pool.Round(bytes);
            Assert.InRange(rounded, bytes, bytes + Math.Max(63, bytes / 8));
            Assert.Equal(0, rounded % 64);
            Assert.Equal(rounded, Pool.Round(rounded));
            Assert.True(Pool.Round(bytes + 1) >= rounded);
        });

    [Fact]
    public void The_peak_counts_what_the_pool_holds_and_does_not_fall()
    {
        using var device = Device.Open("cpu");
        var (first, second) = (device.Rent<byte>(1024), device.Rent<byte>(2048));
        first.Dispose();
        second.Dispose();
        using var small = device.Rent<byte>(64);
        Assert.Equal((64, 1024 + 2048 + 64), (device.Bytes, device.PeakBytes));
    }

    [Theory, MemberData(nameof(Devices.All), MemberType = typeof(Devices))]
    public void Disposing_a_buffer_twice_returns_it_once(string deviceName)
    {
        using var device = Device.Open(deviceName);
        var buffer = device.Rent<float>(100);
        using var other = device.Rent<float>(100);
        var held = device.Bytes;
        buffer.Dispose();
        buffer.Dispose();
        Assert.Equal(held / 2, device.Bytes);
        using FloatBuffer a = device.RentCopy<float>([1, 2]), b = device.RentCopy<float>([3, 4]);
        Assert.Equal([1f, 2f], a.ToArray());
        Assert.Throws<ObjectDisposedException>(() => buffer.ToArray());
    }
}
