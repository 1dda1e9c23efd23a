namespace PureLora.Tests;

/// <summary>Packing changes where examples lie, and nothing of what they give.</summary>
public sealed class PackedRunTests
{
    [Theory]
    [InlineData("cpu")]
    [InlineData("ilgpu")]
    public void Packed_rows_give_the_loss_of_each_example_bit_for_bit_and_its_gradients_within_rounding(string deviceName)
    {
        using var tiny = new TinyModel();
        using var device = Device.Open(deviceName);
        using var model = tiny.Open(device);
        var adapter = TinyModel.Adapt(model);
        using var set = tiny.Examples(43, 5, 90, 31, 18, 64, 7);
        var config = TinyRun.Config with { Packing = true, MaxSeqLength = 96, PerDeviceTrainBatchSize = 8 };
        Parameter[] parameters = [.. adapter.Parameters];
        var trainer = new Trainer(model, parameters, config, set, null, padId: 0);
        trainer.Reserve();
        var packed = trainer.Rows(0);
        Assert.True(packed.Length < set.Count && packed.Any(row => row.Length > 1));
        Assert.Equal(set.Count, packed.Sum(row => row.Length));
        var total = set.Sum(example => example.TrainedTokens);

        var (together, apart) = (Gradients(packed), Gradients(Batch.Alone(packed.SelectMany(row => row))));
        var largest = apart.Max(gradient => gradient.Max(Math.Abs));
        for (var i = 0; i < apart.Length; i++)
            Assert.All(apart[i].Zip(together[i]), pair => Assert.InRange(pair.First - pair.Second, -1e-6f * largest, 1e-6f * largest));

        foreach (var example in set)
        {
            var row = packed.Single(row => row.Any(other => other.Index == example.Index));
            Assert.Equal(OpTests.Bits(Losses([[example]], 0)), OpTests.Bits(Losses([row], Array.FindIndex(row, other => other.Index == example.Index))));
        }

        float[][] Gradients(IReadOnlyList<IReadOnlyList<Example>> rows)
        {
            foreach (var parameter in parameters)
                parameter.ClearGradient();
            var batch = new Batch(rows, padId: 0);
            using var losses = device.Rent<float>(batch.TrainedTokens);
            trainer.Pass(batch, 0, 1f / total, losses, 0);
            return [.. parameters.Select(parameter => parameter.Gradient.ToArray())];
        }

        // The losses of one example's tokens, wherever it lies.
        float[] Losses(IReadOnlyList<IReadOnlyList<Example>> rows, int which)
        {
            var batch = new Batch(rows, padId: 0);
            using var tokens = new TokenBatch(device, batch.Rows, batch.Ids, batch.Positions, batch.DocumentStart);
            using var trained = device.RentCopy<int>(batch.TrainedRows);
            using var targets = device.RentCopy<int>(batch.Targets);
            using var tape = new Tape(device, records: false);
            var losses = model.Losses(tape, model.Forward(tape, tokens), trained, targets, 0).Data.ToArray();
            var before = rows[0].Take(which).Sum(example => example.TrainedTokens);
            return losses[before..(before + rows[0][which].TrainedTokens)];
        }
    }

    [Fact]
    public void A_packed_run_is_the_same_in_one_batch_and_in_accumulated_ones()
    {
        using var tiny = new TinyModel();
        using var set = tiny.Examples(30, 7, 19, 26, 11, 33, 8, 24, 15, 21);
        var config = TinyRun.Config with { Packing = true, MaxSeqLength = 48, PerDeviceTrainBatchSize = 4 };
        TinyRun.AssertSame(TinyRun.Of(tiny, set, config), TinyRun.Of(tiny, set, config with { PerDeviceTrainBatchSize = 2, GradientAccumulationSteps = 2 }));
    }
}
