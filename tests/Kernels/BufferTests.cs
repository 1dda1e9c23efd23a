namespace PureLora.Tests;

public sealed class BufferTests
{
    [Theory, MemberData(nameof(Devices.All), MemberType = typeof(Devices))]
    public void Copies_stay_within_the_buffer(string deviceName)
    {
        using var device = Device.Open(deviceName);
        using var buffer = device.RentCopy<float>([1, 2, 3]);
        Assert.Equal("Buffer: 4 values were given, but its length needs at most 3.", Assert.Throws<ArgumentException>(() => buffer.CopyFrom([1, 2, 3, 4])).Message);
        Assert.Equal("Buffer: 4 values were asked for, but its length needs at most 3.", Assert.Throws<ArgumentException>(() => buffer.CopyTo(new float[4])).Message);
        Assert.Equal([1f, 2f, 3f], buffer.ToArray());
    }

    [Theory, MemberData(nameof(Devices.All), MemberType = typeof(Devices))]
    public void A_shorter_copy_fills_or_reads_the_front(string deviceName)
    {
        using var device = Device.Open(deviceName);
        using var buffer = device.RentCopy<int>([1, 2, 3]);
        buffer.CopyFrom([7]);
        var front = new int[2];
        buffer.CopyTo(front);
        Assert.Equal([7, 2], front);
        buffer.CopyFrom([]);
        Assert.Equal([7, 2, 3], buffer.ToArray());
    }

    [Theory, MemberData(nameof(Devices.All), MemberType = typeof(Devices))]
    public void A_buffer_may_be_empty_but_no_less(string deviceName)
    {
        using var device = Device.Open(deviceName);
        using var empty = device.RentZeroed<float>(0);
        Assert.Empty(empty.ToArray());
        Assert.Throws<ArgumentOutOfRangeException>(() => device.Rent<float>(-1));
        Assert.Throws<OverflowException>(() => device.Rent<float>(long.MaxValue / 2));
    }

    [Theory, MemberData(nameof(Devices.All), MemberType = typeof(Devices))]
    public void Clearing_a_used_block_zeroes_it(string deviceName)
    {
        using var device = Device.Open(deviceName);
        device.RentCopy<float>([1, 2, 3]).Dispose();
        using var zeroed = device.RentZeroed<float>(3);
        Assert.Equal([0f, 0f, 0f], zeroed.ToArray());
    }
}
