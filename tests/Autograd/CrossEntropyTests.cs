namespace PureLora.Tests;

/// <summary>Cutting the vocabulary's product into chunks saves memory and changes nothing else.</summary>
public sealed class CrossEntropyTests
{
    const int Tokens = 23, Vocabulary = 101;
    static readonly int[] rows = [0, 1, 3, 4, 5, 8, 9, 10, 13, 17, 18, 19, 22];
    static readonly int[] targets = [.. rows.Select(r => r == 9 ? -100 : r * 37 % Vocabulary)];

    sealed record Outcome(float[] Losses, float[] Input, float[] Bias);

    /// <summary>Losses and gradients of every token, with a trained bias and dropout in the head.</summary>
    static Outcome Run(string deviceName, int chunk, int threads = 0, int tokens = Tokens, double dropout = 0.2)
    {
        using var device = Devices.Open(deviceName, deviceName == "cpu" ? threads : 0);
        using var rowBuffer = device.RentCopy<int>(rows);
        using var targetBuffer = device.RentCopy<int>(targets);
        using var examples = device.RentCopy<int>([.. Enumerable.Range(0, tokens).Select(i => i / 10)]);
        using var positions = device.RentCopy<int>([.. Enumerable.Range(0, tokens).Select(i => i % 10)]);
        using var x = new Parameter(device, "x", tokens, Vocabulary, Devices.Noise(tokens * Vocabulary, 3));
        using var bias = new Parameter(device, "bias", 1, Vocabulary, Devices.Noise(Vocabulary, 4));
        using var tape = new Tape(device) { Dropout = new DropoutKeys(1, 2, examples, positions) };
        var losses = tape.CrossEntropy(x, rowBuffer, targetBuffer,
            (t, h) => t.AddBias(t.AddScaled(h, t.Dropout(h, dropout, "head"), 3f), bias), chunk);
        var values = losses.Data.ToArray();
        losses.Gradient.CopyFrom([.. Devices.Noise(values.Length, 8)]);
        tape.Walk();
        return new Outcome(values, x.Gradient.ToArray(), bias.Gradient.ToArray());
    }

    static void AssertSameBits(Outcome a, Outcome b)
    {
        Assert.Equal(a.Losses.Select(BitConverter.SingleToInt32Bits), b.Losses.Select(BitConverter.SingleToInt32Bits));
        Assert.Equal(a.Input.Select(BitConverter.SingleToInt32Bits), b.Input.Select(BitConverter.SingleToInt32Bits));
        Assert.Equal(a.Bias.Select(BitConverter.SingleToInt32Bits), b.Bias.Select(BitConverter.SingleToInt32Bits));
    }

    [Theory, MemberData(nameof(Devices.AllAndInterpreters), MemberType = typeof(Devices))]
    public void Any_chunk_gives_the_same_bits(string deviceName)
    {
        var whole = Run(deviceName, 1000);
        foreach (var chunk in new[] { 1, 4, 13 })
            AssertSameBits(whole, Run(deviceName, chunk));
    }

    [Fact]
    public void Any_number_of_threads_gives_the_same_bits() => AssertSameBits(Run("cpu", 5, threads: 1), Run("cpu", 5, threads: 3));

    [Theory, MemberData(nameof(Devices.AllAndInterpreters), MemberType = typeof(Devices))]
    public void Only_trained_rows_get_a_gradient_and_ignored_targets_none(string deviceName)
    {
        var outcome = Run(deviceName, 4);
        for (var token = 0; token < Tokens; token++)
        {
            var gradient = outcome.Input[(token * Vocabulary)..((token + 1) * Vocabulary)];
            Assert.Equal(rows.Contains(token) && token != 9, gradient.Any(g => g != 0));
        }
        Assert.Equal(0f, outcome.Losses[Array.IndexOf(rows, 9)]);
    }

    [Theory, MemberData(nameof(Devices.AllAndInterpreters), MemberType = typeof(Devices))]
    public void Logits_of_a_thousand_overflow_nothing(string deviceName)
    {
        using var device = Devices.Open(deviceName);
        using var tape = new Tape(device, records: false);
        float[] logits = [.. Enumerable.Range(0, 70).Select(i => i == 69 ? 1000f : i == 3 ? 990f : float.NegativeInfinity)];
        using var row = device.RentCopy<int>([0]);
        using var target = device.RentCopy<int>([3]);
        var loss = tape.CrossEntropy(tape.Input(1, 70, logits), row, target, (_, h) => h, 1).Data.ToArray()[0];
        // log(1 + e^-10) + 10
        Assert.Equal(10.0000454, loss, 1e-5);
    }

    [Theory, MemberData(nameof(Devices.AllAndInterpreters), MemberType = typeof(Devices))]
    public void A_logit_that_is_no_number_shows_in_the_loss(string deviceName)
    {
        using var device = Devices.Open(deviceName);
        using var tape = new Tape(device, records: false);
        float[] logits = [.. Enumerable.Range(0, 70).Select(i => i == 33 ? float.NaN : i)];
        using var row = device.RentCopy<int>([0]);
        using var target = device.RentCopy<int>([3]);
        Assert.Equal(float.NaN, tape.CrossEntropy(tape.Input(1, 70, logits), row, target, (_, h) => h, 1).Data.ToArray()[0]);
    }

    [Fact]
    public void One_pass_holds_the_logits_of_one_chunk()
    {
        const int n = 512, vocabulary = 4096, chunk = 16;
        using var device = Device.Open("cpu", 1);
        using var x = new Parameter(device, "x", n, 1, Devices.Noise(n, 1));
        using var all = device.RentCopy<int>([.. Enumerable.Range(0, n)]);
        var before = device.PeakBytes;
        using var tape = new Tape(device);
        // Stands in for a product: as many columns as the vocabulary, whatever x holds.
        var loss = tape.CrossEntropy(x, all, all, (t, h) => t.Input(h.Rows, vocabulary, new float[h.Rows * vocabulary], needsGrad: true), chunk);
        tape.Backward(loss);
        // Logits, their gradient and small change: far from 512 rows.
        Assert.InRange(device.PeakBytes - before, 1, 3L * chunk * vocabulary * 4);
    }

    [Theory]
    [InlineData(101)]
    [InlineData(-1)]
    public void A_target_outside_of_the_vocabulary_is_an_error_on_the_host(int target)
    {
        using var device = Device.Open("cpu");
        using var tape = new Tape(device);
        using var row = device.RentCopy<int>([0]);
        using var targetBuffer = device.RentCopy<int>([target]);
        var x = tape.Input(1, Vocabulary, Devices.Noise(Vocabulary, 1));
        var error = Assert.Throws<PureLoraException>(() => tape.CrossEntropy(x, row, targetBuffer, (_, h) => h, 1));
        Assert.Equal($"CrossEntropy: target 0 is {target}, but a vocabulary of 101 needs 0 to 100, or -100 for none. Check that the tokenizer belongs to this model.", error.Message);
    }

    [Fact]
    public void A_target_outside_of_the_vocabulary_is_no_number_on_a_gpu()
    {
        using var device = Device.Open("ilgpu");
        using var tape = new Tape(device);
        using var row = device.RentCopy<int>([0]);
        using var target = device.RentCopy<int>([101]);
        var x = tape.Input(1, Vocabulary, Devices.Noise(Vocabulary, 1));
        Assert.Equal(float.NaN, tape.CrossEntropy(x, row, target, (_, h) => h, 1).Data.ToArray()[0]);
    }

    [Theory]
    [InlineData(null, 0)]
    [InlineData(0.5f, 0)]
    [InlineData(0.5f, 2)]
    public void With_its_seed_the_gradient_is_the_same_bits(float? seed, float cap)
    {
        using var device = Device.Open("cpu");
        var bits = ((float?[])[null, seed]).Select(given => ((bool[])[false, true]).Select(checkpointed =>
        {
            using var tape = new Tape(device);
            using var rows = device.RentCopy<int>([2, 0, 3]);
            using var targets = device.RentCopy<int>([5, 100, -100]);
            var x = tape.Input(4, Vocabulary, Devices.Noise(4 * Vocabulary, 1), needsGrad: true);
            Tensor Loss(Tape t, Tensor h) => t.CrossEntropy(h, rows, targets, (inner, part) => cap > 0 ? inner.SoftCap(inner.Scale(part, 3f), cap) : inner.Scale(part, 3f), 2, given);
            tape.Backward(checkpointed ? tape.Checkpoint(x, Loss) : Loss(tape, x), 0.5f);
            return Convert.ToHexString(System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(x.Gradient.ToArray()));
        }).Distinct().Single());
        Assert.Single(bits.Distinct());
    }

    [Fact]
    public void Losses_with_a_seed_allow_no_other_walk()
    {
        using var device = Device.Open("cpu");
        using var row = device.RentCopy<int>([0]);
        foreach (var (seed, scaled) in ((float, bool)[])[(1f, true), (2f, false)])
        {
            using var tape = new Tape(device);
            var x = tape.Input(1, Vocabulary, Devices.Noise(Vocabulary, 1), needsGrad: true);
            var losses = tape.CrossEntropy(x, row, row, (inner, h) => inner.Scale(h, 3f), 1, seed);
            var error = Assert.Throws<InvalidOperationException>(() => tape.Backward(scaled ? tape.Scale(losses, 0.5f) : losses, 1f));
            Assert.Contains($"with the seed {seed}, but it begins {(scaled ? "elsewhere, " : "")}with 1.", error.Message);
        }
    }

    [Fact]
    public void No_trained_token_gives_no_loss()
    {
        using var device = Device.Open("cpu");
        using var tape = new Tape(device);
        using var none = device.RentCopy<int>([]);
        var x = tape.Input(2, 3, [1f, 2f, 3f, 4f, 5f, 6f], needsGrad: true);
        var loss = tape.CrossEntropy(x, none, none, (_, h) => h, 8);
        Assert.Equal("[0, 1]", loss.Shape);
        tape.Backward(loss);
    }
}
