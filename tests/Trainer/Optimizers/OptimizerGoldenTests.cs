namespace PureLora.Tests;

/// <summary>Five steps as bitsandbytes takes them, with its states after the first and the last (tests/Golden/quant).</summary>
public sealed class OptimizerGoldenTests
{
    public static TheoryData<string, string> Cases
    {
        get
        {
            var cases = new TheoryData<string, string>();
            foreach (var device in Devices.Names.Concat(Devices.Interpreters))
                foreach (var name in (string[])["adamw8bit", "adamw32bit", "lion8bit", "lion32bit"])
                    cases.Add(device, name);
            return cases;
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void Follows_bitsandbytes_for_five_steps(string deviceName, string name)
    {
        using var file = SafetensorsFile.Open(Path.Combine(Golden.Folder("quant"), "optim.safetensors"));
        using var device = Devices.Open(deviceName);
        using var p = new Parameter(device, "p", 32, 128, file.ReadFloats("p0"));
        var storage = new StateStorage(name.EndsWith("8bit", StringComparison.Ordinal));
        var isLion = name.StartsWith("lion", StringComparison.Ordinal);
        using Optimizer optimizer = isLion
            ? new LionOptimizer([p], weightDecay: 0.01, storage: storage)
            : new AdamWOptimizer([p], weightDecay: 0.01, storage: storage);
        for (var step = 1; step <= 5; step++)
        {
            p.Gradient.CopyFrom(file.ReadFloats($"grad.{step - 1}"));
            optimizer.Step(isLion ? 1e-4 : 1e-3, 1f);
            if (step is not (1 or 5))
                continue;
            // A parameter of size 1 has ulps of 1.2e-7; five steps round a few times each.
            Near.Absolute(file.ReadFloats($"{name}/p.{step}"), p.Data.ToArray(), 1e-6, $"p.{step}");
            for (var i = 0; i < optimizer.Moments(0).Count; i++)
                AssertState(file, $"{name}/state.{step}", i + 1, optimizer.Moments(0)[i]);
        }
    }

    static void AssertState(SafetensorsFile file, string prefix, int number, Moment moment)
    {
        if (moment.Coded is not { } coded)
        {
            var expected = file.ReadFloats($"{prefix}/state{number}");
            // The products are summed in another order: an ulp or two of the largest.
            Near.Absolute(expected, moment.ToArray(), 2.5e-7 * expected.Max(Math.Abs), $"{prefix}/state{number}");
            return;
        }
        var scales = file.ReadFloats($"{prefix}/absmax{number}");
        Near.Absolute(scales, coded.Scales.ToArray(), 2.5e-7 * scales.Max(), $"{prefix}/absmax{number}");
        Assert.Equal(file.Bytes($"{prefix}/state{number}").ToArray(), coded.Codes.ToArray());
    }
}
