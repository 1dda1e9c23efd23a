namespace PureLora.Tests;

/// <summary>What must be an error and not a wild read, a wrong number or a wait.</summary>
public sealed class GuardTests
{
    [Fact]
    public void A_kernel_over_more_than_32_bits_of_elements_is_refused()
    {
        using var device = (GpuDevice)Device.Open("ilgpu");
        // An index goes one stride of 4096 groups of 256 beyond the last element, and must not come back below zero.
        var most = int.MaxValue - 4096 * 256;
        device.Shape(most);
        var error = Assert.Throws<PureLoraException>(() => device.Shape(most + 1L));
        Assert.StartsWith("ilgpu: a kernel was asked for 2,146,435,072 elements, but its 32-bit indices need at most 2,146,435,071.", error.Message);
    }

    [Fact]
    public void A_weight_is_not_read_after_its_model_is_gone()
    {
        using var tiny = new TinyModel();
        using var device = Device.Open("cpu", 1);
        var model = tiny.Open(device);
        var linear = (Linear)model.Linears[0];
        model.Dispose();
        Assert.Throws<ObjectDisposedException>(() => linear.Weight.ToF32(device));
        using var tape = new Tape(device, records: false);
        Assert.Throws<ObjectDisposedException>(() => linear.Forward(tape, tape.Input(1, linear.Inputs, new float[linear.Inputs])));
    }

    [Theory, MemberData(nameof(Devices.All), MemberType = typeof(Devices))]
    public void A_disposed_device_rents_and_computes_nothing(string deviceName)
    {
        var device = Device.Open(deviceName, 2);
        var buffer = device.RentZeroed<float>(100_000);
        var tape = new Tape(device, records: false);
        var x = tape.Input(10, 10_000, Devices.Noise(100_000, 1));
        device.Dispose();
        Assert.Throws<ObjectDisposedException>(() => device.Rent<float>(10));
        Assert.Throws<ObjectDisposedException>(buffer.Clear);
        Assert.Throws<ObjectDisposedException>(buffer.ToArray);
        Assert.Throws<ObjectDisposedException>(() => buffer.CopyFrom([1f]));
        Assert.Throws<ObjectDisposedException>(() => tape.AddScaled(x, x));
        Assert.Throws<ObjectDisposedException>(() => Kernels.AddScaled.Backward(device, x.Data, 1f, buffer));
        buffer.Dispose();
        tape.Dispose();
        device.Dispose();
    }

    [Fact]
    public void Values_that_do_not_fit_a_shape_rent_nothing()
    {
        using var device = Device.Open("cpu", 1);
        Assert.Equal("Tensor: 5 values were given, but shape [2, 3] needs 6.", Assert.Throws<ArgumentException>(() => new Tensor(device, 2, 3, new float[5])).Message);
        Assert.Equal("w: 7 values were given, but shape [2, 3] needs 6.", Assert.Throws<ArgumentException>(() => new Parameter(device, "w", 2, 3, new float[7])).Message);
        Assert.Equal(0, device.Bytes);
    }
}
