namespace PureLora;

/// <summary>The setting that names a device: the same in every record.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class DeviceSettingAttribute : SettingAttribute
{
    /// <summary>Its words are those of <see cref="Device.Open"/>.</summary>
    public DeviceSettingAttribute()
        : base("Where to compute; cuda:1 is the second of its kind, auto the first card that can be used, or else cpu. ilgpu runs the GPU kernels on the CPU, for tests.")
    {
        Choices = ["cpu", "auto", "cuda[:N]", "opencl[:N]", "ilgpu"];
        Advice = "Run 'purelora devices' to see what this machine has.";
    }
}
