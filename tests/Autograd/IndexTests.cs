using PureLora.Kernels;

namespace PureLora.Tests;

/// <summary>An index that names no row: an error on the host; on a GPU, which reads nothing back in a step, NaN. Never another's memory.</summary>
public sealed class IndexTests : IDisposable
{
    readonly Device host = Device.Open("cpu", 1), gpu = Device.Open("ilgpu");

    public static TheoryData<int> Outside => [-1, 4, int.MaxValue, int.MinValue];

    [Theory, MemberData(nameof(Outside))]
    public void Embedding(int id)
    {
        Tensor Look(Tape tape) => tape.Embedding(tape.Input(4, 3, Devices.Noise(12, 1)), Ints(tape, 2, id));
        Says($"Embedding: index 1 is {id}, but a table of 4 rows needs 0 to 3. Correct the indices, or use a larger table.", Look);
        Assert.Equal([.. Devices.Noise(12, 1)[6..9], float.NaN, float.NaN, float.NaN], OnGpu(Look));
    }

    [Theory, MemberData(nameof(Outside))]
    public void Embedding_backward(int id)
    {
        using var dy = gpu.RentCopy<float>([1, 2, 3, 4]);
        using var ids = gpu.RentCopy<int>([id, 1]);
        using var table = gpu.RentZeroed<float>(8);
        Kernels.Embedding.Backward(gpu, dy, ids, 2, table);
        Assert.Equal([0, 0, 3, 4, 0, 0, 0, 0], table.ToArray());
    }

    [Theory, MemberData(nameof(Outside))]
    public void Rotary(int position)
    {
        Tensor Turn(Tape tape) => tape.Rotary(tape.Input(2, 2, [1, 2, 3, 4]), Ints(tape, 3, position), Floats(tape, 1, 1, 1, 0.5f), Floats(tape, 0, 0, 0, 0.5f), 2);
        Says($"Rotary: index 1 is {position}, but a table of 4 rows needs 0 to 3. Correct the indices, or use a larger table.", Turn);
        Assert.Equal([-0.5f, 1.5f, float.NaN, float.NaN], OnGpu(Turn));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(6)]
    public void Cached_attention(int length)
    {
        AttentionShape shape = new(2, 1, 2, 1, 3);
        Tensor Attend(Tape tape) => tape.CachedAttention(
            tape.Input(2, 6, Devices.Noise(12, 1)), Floats(tape, Devices.Noise(30, 2)), Floats(tape, Devices.Noise(30, 3)), Ints(tape, length, 5), 5, shape);
        Says($"CachedAttention: index 0 is {length}, but a table of 6 rows needs 0 to 5. Correct the indices, or use a larger table.", Attend);
        var values = OnGpu(Attend);
        Assert.All(values[..6], x => Assert.Equal(float.NaN, x));
        Assert.All(values[6..], x => Assert.True(float.IsFinite(x)));
    }

    [Fact]
    public void A_row_beyond_the_target_is_not_written()
    {
        void Copy(Device device, float[] expected)
        {
            using var target = device.RentZeroed<float>(6);
            using var source = device.RentCopy<float>([1, 2, 3, 4, 5, 6]);
            using var rows = device.RentCopy<int>([2, -1, 3]);
            CopyRows.Forward(device, source, 2, rows, target);
            Assert.Equal(expected, target.ToArray());
        }
        Assert.Equal("CopyRows: row 2 goes to 3, but the target has 3 rows. Make room for more.", Assert.Throws<PureLoraException>(() => Copy(host, [])).Message);
        Copy(gpu, [0, 0, 0, 0, 1, 2]);
    }

    [Theory, MemberData(nameof(Devices.AllAndInterpreters), MemberType = typeof(Devices))]
    public void Attention_sees_nothing_before_its_own_row_of_the_batch(string deviceName)
    {
        AttentionShape shape = new(2, 3, 2, 1, 4);
        float[] Attend(params int[] starts)
        {
            using var tape = new Tape(deviceName == "cpu" ? host : gpu, records: false);
            Tensor Make(int columns, int seed) => tape.Input(6, columns, Devices.Noise(6 * columns, seed));
            return tape.Attention(Make(8, 1), Make(4, 2), Make(4, 3), Ints(tape, starts), shape).Data.ToArray();
        }
        Assert.Equal(Attend(0, 0, 0, 3, 3, 3), Attend(-5, 0, int.MinValue, 0, 2, 3));
    }

    void Says(string message, Func<Tape, Tensor> compute)
    {
        using var tape = new Tape(host, records: false);
        Assert.Equal(message, Assert.Throws<PureLoraException>(() => compute(tape)).Message);
    }

    float[] OnGpu(Func<Tape, Tensor> compute)
    {
        using var tape = new Tape(gpu, records: false);
        return compute(tape).Data.ToArray();
    }

    static IntBuffer Ints(Tape tape, params int[] values)
    {
        var buffer = tape.Keep<int>(values.Length);
        buffer.CopyFrom(values);
        return buffer;
    }

    static FloatBuffer Floats(Tape tape, params float[] values)
    {
        var buffer = tape.Keep<float>(values.Length);
        buffer.CopyFrom(values);
        return buffer;
    }

    public void Dispose()
    {
        host.Dispose();
        gpu.Dispose();
    }
}
