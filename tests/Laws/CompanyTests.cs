namespace PureLora.Tests;

/// <summary>
/// What a token gets depends on its document and its position there, not on its company: padded with longer examples,
/// or packed behind another document, its logits and its loss have the bits that they have alone.
/// </summary>
public sealed class CompanyTests : IDisposable
{
    readonly TinyModel tiny = new();

    // More than a block of queries and of keys, and boundaries at no multiple of 16.
    static readonly int[] lengths = [43, 5, 90, 131, 18];

    [Theory]
    [InlineData("cpu", 0)]
    [InlineData("cpu", 0.3)]
    [InlineData("ilgpu", 0.3)]
    public void Right_padded_equals_alone_bit_for_bit(string deviceName, double dropout)
    {
        using var device = Device.Open(deviceName);
        using var model = tiny.Open(device);
        TinyModel.Adapt(model, dropout, targets: ".*"); // the head too, which sees picked rows
        var examples = tiny.Examples(lengths);
        var batch = new Batch(Batch.Alone(examples), padId: 0);
        var together = Run(model, batch.Rows, batch.Ids, batch.Positions, batch.DocumentStart, batch.ExampleIndex, batch.TrainedRows, batch.Targets);
        for (var b = 0; b < examples.Count; b++)
            AssertAlone(model, examples[b], together, b * batch.Length);
    }

    [Theory]
    [InlineData("cpu", 0)]
    [InlineData("cpu", 0.3)]
    [InlineData("ilgpu", 0.3)]
    public void Packed_equals_alone_bit_for_bit(string deviceName, double dropout)
    {
        using var device = Device.Open(deviceName);
        using var model = tiny.Open(device);
        TinyModel.Adapt(model, dropout, targets: ".*"); // the head too, which sees picked rows
        var examples = tiny.Examples(lengths);
        var batch = new Batch([[examples[0], examples[1], examples[2]], [examples[3], examples[4]]], padId: 0);
        var together = Run(model, batch.Rows, batch.Ids, batch.Positions, batch.DocumentStart, batch.ExampleIndex, batch.TrainedRows, batch.Targets);
        int[] firsts = [0, 43, 48, batch.Length, batch.Length + 131];
        for (var i = 0; i < examples.Count; i++)
            AssertAlone(model, examples[i], together, firsts[i]);
    }

    void AssertAlone(Decoder model, Example example, (float[] Logits, Dictionary<int, float> Losses) together, int first)
    {
        var batch = new Batch([[example]], padId: 0);
        var alone = Run(model, 1, batch.Ids, batch.Positions, batch.DocumentStart, batch.ExampleIndex, batch.TrainedRows, batch.Targets);
        var length = example.Ids.Length;
        Assert.Equal(OpTests.Bits(alone.Logits), OpTests.Bits(together.Logits[(first * tiny.Vocabulary)..((first + length) * tiny.Vocabulary)]));
        Assert.NotEmpty(alone.Losses);
        Assert.All(alone.Losses, loss => Assert.Equal(OpTests.Bits([loss.Value]), OpTests.Bits([together.Losses[first + loss.Key]])));
    }

    /// <summary>Logits of every token, and the loss of each row that has one.</summary>
    static (float[] Logits, Dictionary<int, float> Losses) Run(Decoder model, int sequences, int[] ids, int[] positions, int[] starts, int[] indices, int[] trained, int[] targets)
    {
        var device = model.Device;
        using var batch = new TokenBatch(device, sequences, ids, positions, starts);
        using IntBuffer examples = device.RentCopy<int>(indices), rows = device.RentCopy<int>(trained), wanted = device.RentCopy<int>(targets);
        using var tape = new Tape(device) { Dropout = new DropoutKeys(5, 2, examples, batch.Positions) };
        var hidden = model.Forward(tape, batch);
        var losses = model.Losses(tape, hidden, rows, wanted).Data.ToArray();
        return (model.Logits(tape, hidden).Data.ToArray(), trained.Zip(losses).ToDictionary(pair => pair.First, pair => pair.Second));
    }

    public void Dispose() => tiny.Dispose();
}
