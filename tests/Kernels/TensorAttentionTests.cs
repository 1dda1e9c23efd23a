using ILGPU.Runtime.Cuda;
using PureLora.Kernels;
using PureLora.Tests.Ptx;

namespace PureLora.Tests;

/// <summary>
/// Attention on tensor cores, in the interpreter, which knows their instructions and checks races and addresses, and on the
/// GPU of this run, if it has them.
/// </summary>
public sealed class TensorAttentionTests
{
    const int Padding = int.MaxValue;

    // Head sizes that fill the tiles of 64 and 128 features and that do not, or are no multiple of 4 or 2; several batches and
    // heads to a key head; windows shorter and longer than a tile; soft-caps; lengths around the tiles' 32, 64 and 128.
    static readonly (int Batch, int Size, int Length, int Heads, int KeyHeads, int Window, float Cap)[] shapes =
    [
        (2, 5, 131, 4, 2, 0, 0f), (1, 16, 200, 2, 2, 9, 0f), (1, 40, 129, 2, 1, 70, 0.8f), (1, 64, 64, 2, 1, 1, 0f),
        (1, 80, 140, 2, 1, 0, 0f), (2, 128, 45, 1, 1, 0, 1.5f), (1, 66, 150, 1, 1, 40, 0f), (2, 96, 105, 2, 1, 0, 0f),
    ];

    public static TheoryData<string, int> Shapes
    {
        get
        {
            var data = new TheoryData<string, int>();
            foreach (var device in Devices.TensorCores)
                for (var shape = 0; shape < shapes.Length; shape++)
                    data.Add(device, shape);
            return data;
        }
    }

    [Theory, MemberData(nameof(Shapes))]
    public void Several_tiles_equal_doubles_over_rounded_inputs(string deviceName, int which)
    {
        var (batch, size, length, heads, keyHeads, window, cap) = shapes[which];
        using var device = Open(deviceName);
        var shape = new AttentionShape(batch, length, heads, keyHeads, size) { Window = window, SoftCap = cap, Scale = 0.5f };
        var starts = Documents(shape);
        var result = Run(device, shape, starts);
        var reference = new RoundedAttention(shape, starts, [.. Enumerable.Range(1, 4).Select(seed => Input(shape, seed))], result[0]);
        foreach (var (name, part, expected) in (ReadOnlySpan<(string, int, RoundedAttention.Sum[])>)[("o", 0, reference.O), ("dq", 1, reference.Dq), ("dk", 2, reference.Dk), ("dv", 3, reference.Dv)])
            for (var i = 0; i < expected.Length; i++)
                // Each weight or ds is rounded to bf16, by 2^-8 of itself at most; all else is f32, where a score, a sum of up to 128
                // products, is off by some 1e-5, and so is what its weight makes.
                Assert.True(
                    Math.Abs(expected[i].Value - result[part][i]) <= expected[i].Size / 256 + 1e-5 * expected[i].Parts,
                    $"{name}: element {i} is {result[part][i]}, but needs {expected[i].Value}, and its terms are {expected[i].Size} together.");
    }

    [Theory]
    [InlineData(24)]
    [InlineData(100)]
    public void Threads_may_run_in_any_order(int size)
    {
        var shape = new AttentionShape(1, 150, 2, 1, size) { SoftCap = 2f };
        float[][] Of(string deviceName)
        {
            using var device = Open(deviceName);
            return Run(device, shape, Documents(shape));
        }
        var once = Of("ptx:1");
        Assert.Equal(once, Of("ptx:1"));
        Assert.Equal(once, Of("ptx:2"));
    }

    public static TheoryData<string, int> Spoilt
    {
        get
        {
            var data = new TheoryData<string, int>();
            foreach (var device in Devices.Interpreters)
                for (var input = 0; input < 4; input++)
                    data.Add(device, input);
            return data;
        }
    }

    /// <summary>One of q, k, v and dy alone: a product with a weight of zero would carry it into every row of a tile.</summary>
    [Theory, MemberData(nameof(Spoilt))]
    public void A_number_that_is_none_spoils_its_document_and_no_other(string deviceName, int input)
    {
        using var device = Open(deviceName);
        const int length = 100, begin = 30, end = 71, spoilt = 35;
        var shape = new AttentionShape(1, length, 2, 1, input % 2 == 0 ? 20 : 72);
        int[] starts = [.. Enumerable.Range(0, length).Select(i => i < begin ? 0 : i < end ? begin : end)];
        foreach (var value in (float[])[float.NaN, float.PositiveInfinity, float.MaxValue])
        {
            var clean = Run(device, shape, starts);
            var result = Run(device, shape, starts, (values, seed) =>
            {
                if (seed == input + 1)
                    values[spoilt * (values.Length / length) + 3] = value;
            });
            for (var part = 0; part < clean.Length; part++)
            {
                var columns = clean[part].Length / length;
                for (var i = 0; i < clean[part].Length; i++)
                    if (i / columns is < begin or >= end)
                        Assert.Equal(clean[part][i], result[part][i]);
            }
            bool IsSpoilt(int part, int row) => Enumerable.Range(0, shape.HeadSize).All(i => !float.IsFinite(result[part][row * (result[part].Length / length) + i]));
            // Every query from a key on sees it, and every key up to a query; dy is no part of o.
            Assert.Equal(input < 3, IsSpoilt(0, spoilt));
            Assert.True(IsSpoilt(1, spoilt));
            Assert.True(IsSpoilt(2, spoilt - 1) && IsSpoilt(3, spoilt - 1));
            if (input is 1 or 2)
                Assert.True(IsSpoilt(0, end - 1) && IsSpoilt(1, end - 1));
        }
    }

    /// <summary>
    /// Keys that are all the same: ds of a row add up to nothing but for their own rounding, and dq to that times the key. With values far
    /// from zero, delta of a dy that was not rounded with them would be off by more.
    /// </summary>
    [Fact]
    public void Slopes_of_a_row_add_up_to_nothing()
    {
        using var device = Open("ptx:1");
        var shape = new AttentionShape(1, 64, 1, 1, 32) { Scale = 1f };
        var dq = Run(device, shape, new int[64], (values, seed) =>
        {
            for (var i = 0; i < values.Length; i++)
                values[i] = seed == 2 ? 1f : seed == 3 ? 8f + values[i] / 8f : values[i];
        })[1];
        // Each ds is a weight, 1/n in the row of n keys, times dp - delta, about a third of a root of 32 / 8; it is rounded by 2^-9 of itself
        // or less, and so is a weight before it, whose sum o is.
        Assert.InRange(dq.Max(Math.Abs), 0f, 0.01f);
    }

    [Fact]
    public void Gradients_are_the_same_alone_and_add_up_in_one_buffer()
    {
        using var device = Open("ptx:1");
        FlashAttentionTests.CheckGradientsAlone(device);
    }

    [Theory]
    [InlineData(128, true)]
    [InlineData(130, false)]
    public void Wider_heads_stay_in_float32(int size, bool onTensorCores)
    {
        var launched = new HashSet<string>();
        using var device = Open("ptx:1");
        device.Launching = (method, _) => launched.Add(method.DeclaringType!.Name);
        Run(device, new AttentionShape(1, 5, 1, 1, size), new int[5]);
        Assert.Equal(onTensorCores, launched.Contains(nameof(TensorAttention)));
    }

    public static TheoryData<string> Kernels =>
        [.. CompileTests.Methods().Where(m => m.DeclaringType == typeof(TensorAttention)).Select(CompileTests.Label)];

    [Theory, MemberData(nameof(Kernels))]
    public void What_the_driver_gets_stays_in_registers(string label)
    {
        var method = CompileTests.Find(label);
        var text = PtxLaunch.Text(method, CudaArchitecture.SM_80);
        foreach (var instruction in (string[])["mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32", "ldmatrix.sync.aligned.m8n8.x4.shared", "ldmatrix.sync.aligned.m8n8.x4.trans", "cp.async.cg.shared.global"])
            Assert.Contains(instruction, text);
        // A thread may have 255, of which a driver takes some for itself.
        Assert.InRange(PtxLaunch.Kernel(method, CudaArchitecture.SM_80).LiveRegisters.Value, 1, 230);
    }

    static GpuDevice Open(string deviceName)
    {
        var device = (GpuDevice)Devices.Open(deviceName);
        device.MultipliesInBF16 = true;
        return device;
    }

    /// <summary>o, dq, dk and dv, over inputs of which <paramref name="change"/> is told the seed: q, k, v and dy have 1 to 4.</summary>
    static float[][] Run(Device device, AttentionShape shape, int[] starts, Action<float[], int>? change = null)
    {
        FloatBuffer Make(int seed)
        {
            var values = Input(shape, seed);
            change?.Invoke(values, seed);
            return device.RentCopy<float>(values);
        }
        using FloatBuffer q = Make(1), k = Make(2), v = Make(3), dy = Make(4);
        using FloatBuffer o = device.Rent<float>(q.Length), lse = device.Rent<float>((long)shape.Rows * shape.Heads);
        using FloatBuffer dq = device.RentZeroed<float>(q.Length), dk = device.RentZeroed<float>(k.Length), dv = device.RentZeroed<float>(v.Length);
        using var rows = device.RentCopy<int>(starts);
        PureLora.Kernels.Attention.Forward(device, q, k, v, rows, shape, o, lse);
        PureLora.Kernels.Attention.Backward(device, q, k, v, rows, shape, o, lse, dy, dq, dk, dv);
        return [o.ToArray(), dq.ToArray(), dk.ToArray(), dv.ToArray()];
    }

    static float[] Input(AttentionShape shape, int seed) => Devices.Noise(shape.Rows * (seed is 1 or 4 ? shape.QueryColumns : shape.KeyColumns), seed);

    /// <summary>
    /// A short document, one to a few tokens before the end, and padding; in a second row of the batch, if it is long, padding
    /// for more than the first 64 tokens, and one document.
    /// </summary>
    static int[] Documents(AttentionShape shape) => [.. Enumerable.Range(0, shape.Rows).Select(row =>
    {
        var (first, token) = (row / shape.Length * shape.Length, row % shape.Length);
        if (first > 100)
            return token < 70 ? Padding : first + 70;
        return token >= shape.Length - 3 ? Padding : first + (token < 25 ? 0 : token < shape.Length - 10 ? 25 : shape.Length - 10);
    })];
}
