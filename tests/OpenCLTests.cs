namespace PureLora.Tests;

/// <summary>Whether the tests of device opencl ran at all.</summary>
public sealed class OpenCLTests
{
    [SkippableFact]
    public void This_machine_has_an_opencl_device()
    {
        Skip.IfNot(Devices.NoOpenCL is null, $"Nothing ran on device opencl: {Devices.NoOpenCL}");
        using var device = (GpuDevice)Device.Open("opencl");
        Assert.True(device.HasGroups);
    }
}
