using PureLora.Kernels;

namespace PureLora.Tests;

/// <summary>State in a file that the system may page out: the same numbers, no device memory, and nothing left behind.</summary>
public sealed class PagedStateTests
{
    const int Length = 30011;

    static (uint[] Bits, long DeviceBytes, long PagedBytes) Train(string name, string? pages, string deviceName = "cpu", int length = Length)
    {
        using var device = Device.Open(deviceName, 2);
        using var large = new Parameter(device, "large", 1, length, Devices.Noise(length, 1));
        using var small = new Parameter(device, "small", 1, 77, Devices.Noise(77, 2));
        var held = device.Bytes;
        using var optimizer = OptimizerTests.Open(name, [large, small], pages: pages);
        var taken = device.Bytes - held;
        for (var step = 0; step < 3; step++)
        {
            large.Gradient.CopyFrom(Devices.Noise(length, 10 + step));
            small.Gradient.CopyFrom(Devices.Noise(77, 20 + step));
            optimizer.Step(1e-2, 0.3f);
        }
        var moments = Enumerable.Range(0, 2).SelectMany(optimizer.Moments).SelectMany(moment => moment.ToArray());
        return (OpTests.Bits([.. large.Data.ToArray(), .. small.Data.ToArray(), .. moments]), taken, optimizer.PagedBytes);
    }

    [Theory]
    [InlineData("adamw", 2 * (120_064 + 512))]
    [InlineData("adamw_8bit", 2 * (30_208 + 512 + 512))]
    [InlineData("lion", 120_064 + 512)]
    [InlineData("lion_8bit", 30_208 + 512 + 512)]
    public void Paged_state_has_the_same_bits_and_takes_no_device_memory(string name, long bytes)
    {
        using var scratch = new ScratchFolder();
        var paged = Train(name, scratch.Path);
        Assert.Equal(Train(name, null).Bits, paged.Bits);
        Assert.Equal(bytes, paged.PagedBytes);
        // The maps of the codes are all that the device holds.
        Assert.Equal(name switch { "adamw_8bit" => 2048, "lion_8bit" => 1024, _ => 0 }, paged.DeviceBytes);
        Assert.Empty(Directory.GetFileSystemEntries(scratch.Path));
    }

    public static TheoryData<string, string> Gpus
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var device in Devices.Names.Where(device => device != "cpu"))
                foreach (var name in (string[])["adamw", "adamw_8bit", "lion", "lion_8bit"])
                    data.Add(device, name);
            return data;
        }
    }

    [Theory, MemberData(nameof(Gpus))]
    public void A_gpu_sees_it_in_pieces_and_finds_the_same_bits(string device, string name)
    {
        using var scratch = new ScratchFolder();
        // More than a piece, and an end that is no whole block.
        const int length = StateWindow<float>.PieceLength + 12345;
        var paged = Train(name, scratch.Path, device, length);
        Assert.Equal(Train(name, null, device, length).Bits, paged.Bits);
        Assert.Equal(name switch { "adamw_8bit" => 2048, "lion_8bit" => 1024, _ => 0 }, paged.DeviceBytes);
    }

    [Fact]
    public void The_file_has_no_name_while_it_is_used()
    {
        if (OperatingSystem.IsWindows())
            return; // there the system removes it when it is closed
        using var scratch = new ScratchFolder();
        using var file = PageFile.Make(scratch.Path, 1 << 20);
        Assert.Empty(Directory.GetFileSystemEntries(scratch.Path));
    }

    [Fact]
    public unsafe void The_file_is_all_zero_and_holds_what_is_written()
    {
        using var scratch = new ScratchFolder();
        const int bytes = (1 << 20) + 4097;
        using var file = PageFile.Make(scratch.Path, bytes);
        var memory = new Span<byte>(file.At(0), bytes);
        Assert.Equal(-1, memory.IndexOfAnyExcept((byte)0));
        memory.Fill(7);
        Assert.Equal(-1, new Span<byte>(file.At(0), bytes).IndexOfAnyExcept((byte)7));
    }

    [Fact]
    public void A_disk_with_too_little_room_is_an_error_before_anything_is_written()
    {
        using var scratch = new ScratchFolder();
        var error = Assert.Throws<PureLoraException>(() => PageFile.Make(scratch.Path, 1L << 60));
        Assert.StartsWith($"{scratch.Path}: ", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("bytes are free, but the paged optimizer state needs 1,152,921,504,606,846,976. Free some space, choose an output_dir on another disk, or an optim without paged_.", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(scratch.Path));
    }

    [Fact]
    public void A_disk_that_fills_while_the_file_is_written_is_an_error_and_leaves_nothing()
    {
        using var scratch = new ScratchFolder();
        var error = Assert.Throws<PureLoraException>(() => PageFile.Make(scratch.Path, 1 << 22, (stream, bytes) =>
        {
            PageFile.Fill(stream, bytes / 2);
            throw new IOException("No space left on device");
        }));
        Assert.Equal($"{scratch.Path}: the paged optimizer state needs a file of 4,194,304 bytes here, but it could not be written (No space left on device). Free some space, choose an output_dir on another disk, or an optim without paged_.", error.Message);
        Assert.Empty(Directory.GetFileSystemEntries(scratch.Path));
    }

    [Fact]
    public void A_folder_that_is_missing_is_an_error()
    {
        using var scratch = new ScratchFolder();
        Assert.Contains("could not be written", Assert.Throws<PureLoraException>(() => PageFile.Make(scratch.File("missing"), 4096)).Message, StringComparison.Ordinal);
    }

    [Theory, InlineData("adamw", 8 << 20), InlineData("adamw_8bit", (2 << 20) + (2 << 14)), InlineData("lion", 4 << 20), InlineData("lion_8bit", (1 << 20) + (1 << 14))]
    public void A_plan_for_a_gpu_counts_the_pieces(string name, long pieces)
    {
        foreach (var (kind, counted) in ((string, long)[])[("plan:cuda", pieces), ("plan:opencl", pieces), ("plan:cpu", 0)])
        {
            using var device = Device.Open(kind, 2);
            const int length = 3 * StateWindow<float>.PieceLength;
            using var p = new Parameter(device, "p", 1, length, []);
            _ = p.Gradient;
            using var optimizer = OptimizerTests.Open(name, [p], pages: "nowhere");
            long held = device.Bytes, most = 0;
            var watch = device.Watch!;
            device.Watch = (kernel, run) =>
            {
                most = device.Bytes;
                watch(kernel, run);
            };
            optimizer.Step(1e-2, 1f);
            Assert.Equal(counted, most - held);
            Assert.Equal(held, device.Bytes);
        }
    }
}
