namespace PureLora.Tests;

public sealed class TapeTests : IDisposable
{
    const int Rows = 6, Columns = 5;
    readonly Device device = Device.Open("cpu");
    readonly Parameter w;

    public TapeTests() => w = new Parameter(device, "w", Columns, Columns, Devices.Noise(Columns * Columns, 1));

    Tensor X(Tape tape, bool needsGrad = false) => tape.Input(Rows, Columns, Devices.Noise(Rows * Columns, 2), needsGrad);

    /// <summary>A block that is not linear, so that a wrong input or a wrong gradient shows.</summary>
    Tensor Block(Tape tape, Tensor x) => tape.Activate(Activation.Silu, tape.MatMul(x, w), x);

    float[] GradientOf(Func<Tape, Tensor> expression)
    {
        w.ClearGradient();
        using (var tape = new Tape(device))
            tape.Backward(expression(tape));
        return w.Gradient.ToArray();
    }

    [Fact]
    public void Gradients_of_two_walks_add_up()
    {
        var once = GradientOf(tape => Block(tape, X(tape)));
        using (var tape = new Tape(device))
            tape.Backward(Block(tape, X(tape)));
        // The second walk goes on from the first sum, so its bits are those of one chain, not of a doubling.
        Assert.All(once.Zip(w.Gradient.ToArray()), pair => Assert.Equal(2 * (double)pair.First, pair.Second, 1e-5));
        Assert.Contains(once, gradient => Math.Abs(gradient) > 0.1f);
    }

    [Fact]
    public void Walking_back_a_second_time_is_an_error()
    {
        w.ClearGradient();
        using var tape = new Tape(device);
        var y = Block(tape, X(tape));
        tape.Backward(y);
        var once = w.Gradient.ToArray();
        Assert.StartsWith("Backward: nothing that leads to the result [6, 5] is recorded", Assert.Throws<InvalidOperationException>(() => tape.Backward(y)).Message);
        Assert.Equal(once, w.Gradient.ToArray());
    }

    [Fact]
    public void A_tape_goes_on_after_a_walk()
    {
        var once = GradientOf(tape => Block(tape, X(tape)));
        w.ClearGradient();
        using var tape = new Tape(device);
        tape.Backward(tape.AddScaled(tape.MatMul(X(tape), w), X(tape)));
        w.ClearGradient();
        tape.Backward(Block(tape, X(tape)));
        Assert.Equal(once, w.Gradient.ToArray());
    }

    [Fact]
    public void Values_that_change_are_packed_again()
    {
        const int rows = 100, width = 80; // enough that a product packs them for its neighbours
        using var wide = new Tensor(device, 3, width, Devices.Noise(3 * width, 1));
        using var tape = new Tape(device, records: false);
        var (first, second) = (Devices.Noise(rows * width, 2), Devices.Noise(rows * width, 3));
        var x = tape.Input(rows, width, first);
        tape.MatMul(x, wide);
        x.Data.CopyFrom(second);
        Assert.Equal(tape.MatMul(tape.Input(rows, width, second), wide).Data.ToArray(), tape.MatMul(x, wide).Data.ToArray());
        x.Data.Clear();
        Assert.All(tape.MatMul(x, wide).Data.ToArray(), y => Assert.Equal(0f, y));
    }

    [Fact]
    public void Inference_cannot_be_walked_back()
    {
        using var tape = new Tape(device, records: false);
        var y = Block(tape, X(tape));
        Assert.True(y.NeedsGrad);
        Assert.StartsWith("This tape recorded nothing", Assert.Throws<InvalidOperationException>(() => tape.Backward(y)).Message);
    }

    [Fact]
    public void A_result_that_nothing_uses_adds_nothing()
    {
        var expected = GradientOf(tape => Block(tape, X(tape)));
        Assert.Equal(expected, GradientOf(tape =>
        {
            var x = X(tape);
            Block(tape, tape.MatMul(x, w));
            var y = Block(tape, x);
            Block(tape, y);
            return y;
        }));
    }

    [Fact]
    public void A_result_used_twice_gets_both_gradients()
    {
        var once = GradientOf(tape => Block(tape, X(tape)));
        var twice = GradientOf(tape =>
        {
            var y = Block(tape, X(tape));
            return tape.AddScaled(y, y);
        });
        Assert.Equal(once.Select(gradient => 2 * gradient), twice);
    }

    [Fact]
    public void A_checkpoint_inside_a_checkpoint_changes_no_bit()
    {
        Tensor Twice(Tape tape, Tensor x) => Block(tape, Block(tape, x));
        var plain = GradientOf(tape => Block(tape, Twice(tape, X(tape))));
        Assert.Equal(plain, GradientOf(tape => tape.Checkpoint(X(tape), (outer, x) => Block(outer, outer.Checkpoint(x, Twice)))));
    }

    [Fact]
    public void A_checkpoint_passes_the_gradient_on_to_its_input()
    {
        float[] Gradient(bool checkpointed)
        {
            using var x = new Parameter(device, "x", Rows, Columns, Devices.Noise(Rows * Columns, 2));
            using var tape = new Tape(device);
            var before = tape.AddScaled(x, x, 0.5f);
            tape.Backward(checkpointed ? tape.Checkpoint(before, Block) : Block(tape, before));
            return x.Gradient.ToArray();
        }
        Assert.Equal(Gradient(checkpointed: false), Gradient(checkpointed: true));
    }

    [Fact]
    public void A_checkpointed_block_must_return_what_it_made()
    {
        using var tape = new Tape(device);
        Assert.StartsWith("A checkpointed block must return a tensor that it made", Assert.Throws<InvalidOperationException>(() => tape.Checkpoint(X(tape), (_, x) => x)).Message);
    }

    [Fact]
    public void A_checkpoint_keeps_its_result_alone()
    {
        using var tape = new Tape(device);
        var x = X(tape);
        var before = device.Bytes;
        var y = tape.Checkpoint(x, (inner, input) => Block(inner, Block(inner, Block(inner, input))));
        Assert.Equal(Pool.Round(4 * y.Data.Length), device.Bytes - before);
    }

    [Fact]
    public void A_walk_frees_what_it_has_passed_and_leaves_the_result_readable()
    {
        w.ClearGradient();
        var before = device.Bytes;
        using var tape = new Tape(device);
        var y = Block(tape, Block(tape, X(tape)));
        var values = y.Data.ToArray();
        tape.Backward(y);
        Assert.Equal(2 * Pool.Round(4 * y.Data.Length), device.Bytes - before); // its data and its gradient
        Assert.Equal(values, y.Data.ToArray());
        tape.Dispose();
        Assert.Equal(before, device.Bytes);
    }

    [Fact]
    public void An_exception_in_a_checkpoint_leaks_nothing()
    {
        var before = device.Bytes;
        using (var tape = new Tape(device))
            Assert.Throws<PureLoraException>(() => tape.Checkpoint(X(tape), (inner, x) =>
            {
                Block(inner, x);
                throw new PureLoraException("no");
            }));
        Assert.Equal(before, device.Bytes);
    }

    [Fact]
    public void Inference_frees_each_layer_as_it_goes()
    {
        using var tiny = new TinyModel(layers: 5);
        using var model = tiny.Open(device);
        using var batch = TokenBatch.Of(device, tiny.Ids(40, 1));
        using var tape = new Tape(device, records: false);
        var held = new List<long>();
        var hidden = model.Forward(tape, batch, watch: _ => held.Add(device.Bytes));
        // One tensor [tokens, width] at a time, and the rotary table; the last one comes with its norm.
        Assert.Equal(6, held.Count);
        Assert.All(held[1..^1], bytes => Assert.Equal(held[0], bytes));
        Assert.Equal(held[0] + Pool.Round(4 * hidden.Data.Length), held[^1] - Pool.Round(4 * hidden.Rows));
    }

    public void Dispose()
    {
        w.Dispose();
        device.Dispose();
    }
}
