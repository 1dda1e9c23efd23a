namespace PureLora.Tests;

/// <summary>The loop that a reader writes by hand: a tape, the losses, a walk back, a step.</summary>
public sealed class LoopTests
{
    [Theory, MemberData(nameof(Devices.All), MemberType = typeof(Devices))]
    public void A_loop_by_hand_learns_its_batch(string deviceName)
    {
        using var tiny = new TinyModel();
        using var device = Device.Open(deviceName, 1);
        using var model = tiny.Open(device);
        var adapter = TinyModel.Fresh(model);
        int[] ids = tiny.Ids(9, 1), next = [.. ids[1..], -100];
        using var batch = TokenBatch.Of(device, ids);
        using var targets = device.RentCopy<int>(next);
        var means = new List<double>();
        for (var step = 0; step < 25; step++)
        {
            using var tape = new Tape(device);
            var losses = model.Losses(tape, batch, targets);
            means.Add(losses.Data.ToArray().Sum() / 8);
            tape.Backward(losses, 1f / 8);
            foreach (var p in adapter.Parameters)
            {
                p.Data.CopyFrom([.. p.Data.ToArray().Zip(p.Gradient.ToArray(), (value, slope) => value - 0.1f * slope)]);
                p.ClearGradient();
            }
        }
        Assert.InRange(means[^1], 0, means[0] / 2);
    }

    [Theory, MemberData(nameof(Devices.All), MemberType = typeof(Devices))]
    public void Losses_of_a_batch_have_the_bits_of_those_of_its_trained_rows_and_of_its_logits(string deviceName)
    {
        using var tiny = new TinyModel();
        using var device = Device.Open(deviceName);
        using var model = tiny.Open(device);
        TinyModel.Adapt(model);
        using var batch = TokenBatch.Of(device, tiny.Ids(5, 1), tiny.Ids(5, 2));
        int[] rows = [0, 3, 5, 6], labels = tiny.Ids(4, 3), every = [.. Enumerable.Repeat(-100, 10)];
        foreach (var (row, label) in rows.Zip(labels))
            every[row] = label;
        using IntBuffer few = device.RentCopy<int>(rows), fewTargets = device.RentCopy<int>(labels), targets = device.RentCopy<int>(every);
        using var tape = new Tape(device);
        var losses = model.Losses(tape, batch, targets).Data.ToArray();
        var hidden = model.Forward(tape, batch);
        Assert.Equal(OpTests.Bits(model.Losses(tape, hidden, few, fewTargets).Data.ToArray()), OpTests.Bits([.. rows.Select(row => losses[row])]));
        Assert.Equal(OpTests.Bits(tape.CrossEntropy(model.Logits(tape, hidden), targets).Data.ToArray()), OpTests.Bits(losses));
        Assert.Equal(6, losses.Count(loss => loss == 0));
        Assert.Equal("CrossEntropy: targets has 4 elements, but logits [10, 101] needs 10.",
            Assert.Throws<ArgumentException>(() => tape.CrossEntropy(model.Logits(tape, hidden), fewTargets)).Message);
    }
}
