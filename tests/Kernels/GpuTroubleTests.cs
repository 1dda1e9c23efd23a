using System.Diagnostics;
using System.Text.Json;
using ILGPU;
using ILGPU.Backends.OpenCL;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;
using ILGPU.Runtime;
using ILGPU.Runtime.OpenCL;
using PureLora.Kernels;

namespace PureLora.Tests;

/// <summary>Bad luck with drivers and devices: one clear message, and nothing broken behind it.</summary>
public sealed class GpuTroubleTests(TinyFolder tiny) : IClassFixture<TinyFolder>
{
    sealed class Gone() : AcceleratorException("the device is gone.")
    {
        public override AcceleratorType AcceleratorType => AcceleratorType.OpenCL;
    }

    static void SkipWithoutOpenCL() => Skip.If(Devices.NoOpenCL is not null, Devices.NoOpenCL);

    [SkippableFact]
    public void Without_a_driver_the_error_says_what_to_do()
    {
        var refused = GpuSurvey.Run().First(found => found.Name.StartsWith("cuda", StringComparison.Ordinal)).Refused;
        Skip.If(refused is null, "This machine has a CUDA device.");
        var error = Assert.Throws<PureLoraException>(() => Device.Open("cuda"));
        Assert.Contains(refused, error.Message);
        Assert.StartsWith("cuda: ", error.Message);
        Assert.EndsWith("or use --device cpu.", error.Message);
    }

    [SkippableFact]
    public void An_index_beyond_the_devices_names_their_number()
    {
        SkipWithoutOpenCL();
        Assert.Matches(@"^opencl:99: this machine has only opencl:0(, opencl:\d)*\. Name one of them; 'purelora devices' describes them\.$", Assert.Throws<PureLoraException>(() => Device.Open("opencl:99")).Message);
        Assert.Throws<UsageException>(() => Device.Open("opencl:-1"));
    }

    [Theory]
    [InlineData(false, null, 0, "the NVIDIA driver's library (libcuda.so.1, nvcuda.dll) was not found. Install the driver (under WSL that of Windows), start a container with its GPUs, or use --device cpu.")]
    [InlineData(true, null, 0, "the NVIDIA driver is broken: it has no cuInit. Install it again, or use --device cpu.")]
    [InlineData(true, 0, 10020, "the NVIDIA driver is for CUDA 10.2, but ILGPU needs 11.0 or later. Update the driver, or use --device cpu.")]
    [InlineData(true, 999, 10020, "the NVIDIA driver is for CUDA 10.2, but ILGPU needs 11.0 or later. Update the driver, or use --device cpu.")]
    [InlineData(true, 0, 12040, "the NVIDIA driver is for CUDA 12.4 and shows no device that ILGPU knows. It needs compute capability 5.0 and CUDA 11.0 or later: update the driver, or use --device cpu.")]
    [InlineData(true, 100, 12040, "the NVIDIA driver is for CUDA 12.4 and finds no card. Check 'nvidia-smi' and CUDA_VISIBLE_DEVICES, or use --device cpu.")]
    [InlineData(true, 803, 12040, "the NVIDIA driver is for CUDA 12.4 and does not start (cuInit gives error 803). Check 'nvidia-smi', reload or update the driver, or use --device cpu.")]
    [InlineData(true, 999, 0, "the NVIDIA driver does not tell its version and does not start (cuInit gives error 999). Check 'nvidia-smi', reload or update the driver, or use --device cpu.")]
    public void Why_there_is_no_cuda(bool found, int? error, int version, string text) => Assert.Equal(text, GpuTrouble.NoCuda(found, error, version));

    /// <summary>A CUDA driver acts on what the calling thread is bound to, and ILGPU binds it at some of its calls only.</summary>
    [Fact]
    public void Every_call_binds_its_device_to_the_calling_thread()
    {
        using Device one = Device.Open("ilgpu"), other = Device.Open("ilgpu");
        using FloatBuffer x = one.RentCopy<float>([1f, 2f]), y = other.RentCopy<float>([1f, 2f]);
        other.Synchronize();
        var bound = Accelerator.Current;
        foreach (var call in (Action[])[x.Clear, () => x.CopyFrom([3f, 4f]), () => x.CopyTo(new float[2]), one.Synchronize, () => Kernels.Scale.Forward(one, x, 2f, x)])
        {
            call();
            Assert.NotSame(bound, Accelerator.Current);
            other.Synchronize();
            Assert.Same(bound, Accelerator.Current);
            Accelerator? there = null;
            var thread = new Thread(() =>
            {
                call();
                there = Accelerator.Current;
            });
            thread.Start();
            thread.Join();
            Assert.NotNull(there);
        }
    }

    [Theory]
    [InlineData(255, 49152, "it runs 255 threads together, but our kernels need 256")]
    [InlineData(256, 49151, "a group has 49,151 bytes of shared memory, but our kernels need 49,152")]
    [InlineData(256, 49152, null)]
    public void A_device_that_lacks_something_is_refused(int threads, long shared, string? lack) => Assert.Equal(lack, GpuSelfTest.Lacks(threads, shared));

    [Fact]
    public void A_device_that_computes_wrongly_is_refused()
    {
        var numbers = GpuSelfTest.Expected();
        Assert.Null(GpuSelfTest.Differs(numbers));
        numbers[^1] += 1;
        Assert.Equal("a small test kernel gave wrong numbers on it", GpuSelfTest.Differs(numbers));
    }

    [Fact]
    public void Opencl_tells_memory_from_a_loss_by_its_code()
    {
        Assert.True(GpuTrouble.IsMemory(new CLException(CLError.CL_MEM_OBJECT_ALLOCATION_FAILURE)));
        Assert.False(GpuTrouble.IsMemory(new CLException(CLError.CL_OUT_OF_RESOURCES)));
        Assert.Equal("OpenCL gives CL_OUT_OF_RESOURCES", GpuTrouble.Text(new CLException(CLError.CL_OUT_OF_RESOURCES)));
    }

    static void Unknown(ArrayView<float> y) => y[0] = string.Concat("a", Environment.NewLine).Length;

    [SkippableTheory]
    [InlineData("ilgpu")]
    [InlineData("opencl")]
    public void A_kernel_that_does_not_compile_is_named_with_the_reason_and_the_next_device_computes(string name)
    {
        if (name == "opencl")
            SkipWithoutOpenCL();
        var device = (GpuDevice)Device.Open(name);
        var buffer = device.RentCopy<float>([3, 4]);
        var error = Assert.Throws<PureLoraException>(() => device.Run(Unknown, 1, buffer.View));
        Assert.StartsWith($"{device.Name}: kernel GpuTroubleTests.Unknown does not compile on {device.Description}: ", error.Message);
        Assert.Contains(": Cannot convert from 'string' to type ", error.Message);
        Assert.EndsWith("Update the device's driver, or use --device cpu.", error.Message);
        Assert.Equal([3f, 4f], buffer.ToArray());
        device.Dispose();
        AssertComputes(name);
    }

    [IntrinsicImplementation]
    static void Nonsense() { }

    static void NonsenseOpenCL(CLBackend backend, CLCodeGenerator code, Value value)
    {
        using var statement = code.BeginStatement("no_such_function(1)");
    }

    static void Refused(ArrayView<float> y)
    {
        Nonsense();
        y[0] = 1;
    }

    [SkippableFact]
    public void What_the_opencl_compiler_says_stands_in_the_error()
    {
        SkipWithoutOpenCL();
        // A backend takes the intrinsics as they are when it is made: the kernel is compiled by one of our own.
        using var context = GpuPipeline.CreateContext();
        context.GetIntrinsicManager().RegisterMethod(
            new Action(Nonsense).Method, new CLIntrinsic(typeof(GpuTroubleTests), nameof(NonsenseOpenCL), IntrinsicImplementationMode.GenerateCode));
        using var accelerator = GpuSurvey.Open(context, "opencl", 0);
        var driver = GpuDriver.Take("opencl:0");
        var error = Assert.Throws<PureLoraException>(() => driver.Load(Refused, _ => accelerator.LoadKernel<ArrayView<float>>(Refused)));
        Assert.StartsWith("opencl:0: kernel GpuTroubleTests.Refused does not compile on ", error.Message);
        Assert.Contains("no_such_function", error.Message);
        driver.GiveBack();
    }

    [Fact]
    public void What_the_driver_wrote_while_it_compiled_stands_in_the_error()
    {
        var driver = GpuDriver.Take("ilgpu");
        var error = Assert.Throws<PureLoraException>(() => driver.Load<Action>(Unknown, _ =>
        {
            Trace.WriteLine("ptxas error: too many registers");
            throw new Gone();
        }));
        Assert.Equal($"ilgpu: kernel GpuTroubleTests.Unknown does not compile on {driver.Accelerator.Name}: the device is gone. ptxas error: too many registers Update the device's driver, or use --device cpu.", error.Message);
        driver.GiveBack();
    }

    [Fact]
    public void Too_little_memory_for_a_kernel_is_no_fault_of_the_kernel()
    {
        var driver = GpuDriver.Take("ilgpu");
        Assert.Throws<CLException>(() => driver.Load<Action>(Unknown, _ => throw new CLException(CLError.CL_MEM_OBJECT_ALLOCATION_FAILURE)));
        driver.GiveBack();
    }

    [SkippableFact]
    public void Opencl_tells_how_many_threads_of_a_kernel_it_runs_together()
    {
        SkipWithoutOpenCL();
        var driver = GpuDriver.Take("opencl:0");
        var compiled = driver.Load(GpuSelfTest.ProbeKernel, a => a.LoadKernel<ArrayView<float>>(GpuSelfTest.ProbeKernel));
        Assert.InRange(GpuDriver.MostThreads(driver.Accelerator, compiled)!.Value, GpuDevice.GroupSize, int.MaxValue);
        driver.GiveBack();
    }

    [SkippableFact]
    public void One_device_is_found_without_opening_the_others()
    {
        SkipWithoutOpenCL();
        var all = GpuSurvey.Run().First(found => found.Name == "opencl:0");
        Assert.Equal(all, GpuSurvey.Find("opencl"));
        Assert.Equal(all.MemoryBytes, all.FreeBytes);
        Assert.Null(GpuSurvey.Find("opencl:99"));
    }

    /// <summary>
    /// Windows' Linux is told by /proc/version and a folder of libraries, and there ILGPU would load CUDA's in its own way,
    /// which it can once in a process. A name space of mounts has both.
    /// </summary>
    [SkippableFact]
    public void Under_WSL_devices_are_opened_as_elsewhere()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Mounts are Linux'.");
        using var scratch = new ScratchFolder();
        File.WriteAllText(scratch.File("version"), "Linux version 5.15.0-microsoft-standard-WSL2");
        var program = typeof(Program).Assembly.Location;
        var (code, output) = Shell($"""
            cd {scratch.Path} && mount --bind version /proc/version && mkdir fs && mount -t tmpfs t fs && mkdir -p fs/upper/wsl/lib fs/work &&
            mount -t overlay o -o lowerdir=/usr/lib,upperdir=fs/upper,workdir=fs/work /usr/lib && [ -d /usr/lib/wsl/lib ] || exit 77
            dotnet {program} devices
            """);
        Skip.If(code == 77, $"No mounts here: {output}");
        Assert.True(code == 0 && output.Contains("\ncuda"), output);
    }

    static (int Code, string Output) Shell(string script)
    {
        using var process = Process.Start(new ProcessStartInfo("unshare", ["-m", "bash", "-c", $"{{ {script}\n}} 2>&1"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode == 1 && output.StartsWith("unshare", StringComparison.Ordinal) ? 77 : process.ExitCode, output);
    }

    [SkippableFact]
    public void Too_little_memory_says_says_what_was_asked_what_is_held_and_what_lowers_it()
    {
        SkipWithoutOpenCL();
        using var device = Device.Open("opencl");
        using var held = device.RentCopy<float>([1, 2]);
        var error = Assert.Throws<PureLoraException>(() => device.Rent<byte>(1L << 45));
        Assert.Matches(@"^opencl:0: 35,184,372,088,832 bytes were asked for, but of the device's [\d,]+ bytes this run holds [1-9][\d,]*, and at most [\d,]+ are free; one buffer may have [\d,]+\. Lower per_device_train_batch_size, max_seq_length or r, ", error.Message);
        Assert.Equal([1f, 2f], held.ToArray());
    }

    [Fact]
    public void Memory_that_is_short_at_a_launch_is_no_loss()
    {
        using var device = (GpuDevice)Device.Open("ilgpu");
        using var y = device.RentCopy<float>([1, 2]);
        device.Launching = (_, _) => throw new CLException(CLError.CL_MEM_OBJECT_ALLOCATION_FAILURE);
        Assert.StartsWith("ilgpu: more memory was asked for, but of the device's ", Assert.Throws<PureLoraException>(() => AddScaled.Backward(device, y, 1, y)).Message);
    }

    [Fact]
    public void A_device_that_is_lost_can_be_opened_again_with_a_driver_of_its_own()
    {
        var device = (GpuDevice)Device.Open("ilgpu");
        var y = device.RentCopy<float>([1, 2]);
        device.Launching = (_, _) => throw new Gone();
        var error = Assert.Throws<PureLoraException>(() => AddScaled.Backward(device, y, 1, y));
        Assert.Equal($"ilgpu: {device.Description} failed: the device is gone. Files that were saved before are whole. Look at the driver's log (dmesg), then start the run again.", error.Message);
        device.Dispose();
        device.Dispose();
        AssertComputes("ilgpu");
    }

    /// <summary>With kernels that a new driver has to compile first.</summary>
    static void AssertComputes(string name)
    {
        using var device = Device.Open(name);
        using var x = device.RentCopy<float>([1, 2]);
        using var dx = device.RentCopy<float>([5, 7]);
        AddScaled.Backward(device, x, 2, dx);
        Assert.Equal([7f, 11f], dx.ToArray());
    }

    [Fact]
    public void A_device_lost_in_mid_run_ends_it_with_one_message_and_the_earlier_result_is_whole()
    {
        using var scratch = new ScratchFolder();
        var output = scratch.File("out");
        Assert.Equal(0, ProgramTests.Run(tiny.TrainArguments(output)).Code);
        var before = BrokenRunTests.Snapshot(output);
        var gone = false;
        GpuDevice.Opened.Value = device => device.Launching = (_, _) =>
        {
            if (gone)
                throw new Gone();
        };
        try
        {
            var code = BrokenRunTests.Watched("step     1/", () => gone = true, out var said, tiny.TrainArguments(output, "device=ilgpu", "eval-file="));
            Assert.Equal(1, code);
            Assert.Matches(@"^error: ilgpu: .* failed: the device is gone\. Files that were saved before are whole\.", Assert.Single(said.Split('\n'), line => line.StartsWith("error", StringComparison.Ordinal)));
            Assert.DoesNotContain("step     2/", said);
        }
        finally
        {
            GpuDevice.Opened.Value = null;
        }
        Assert.Equal(before, BrokenRunTests.Snapshot(output));
        var unfinished = Path.Combine(output, "unfinished");
        Assert.Equal(["log.jsonl", "purelora.yaml"], EndToEndTests.Files(unfinished));
        Assert.All(File.ReadAllLines(Path.Combine(unfinished, "log.jsonl")), line => JsonDocument.Parse(line).Dispose());
        Assert.Equal(0, ProgramTests.Run(tiny.TrainArguments(output, "device=ilgpu", "eval-file=", "max-steps=1")).Code);
        Assert.False(Directory.Exists(unfinished));
    }
}
