namespace PureLora;

/// <summary>
/// A micro-batch: B rows, right-padded to the longest, T; every array is [B * T] in row order. A row is one example, or several
/// one after another (packing). What a token sees depends on its own example alone: <see cref="DocumentStart"/> and <see cref="Positions"/> say which and where.
/// </summary>
public sealed class Batch
{
    /// <summary>B, the number of rows.</summary>
    public int Rows { get; }

    /// <summary>T, the length of the longest row.</summary>
    public int Length { get; }

    /// <summary>Token ids; the padding id after a row's end.</summary>
    public int[] Ids { get; }

    /// <summary>Labels as in <see cref="PureLora.Example"/>; ignored after a row's end.</summary>
    public int[] Labels { get; }

    /// <summary>The position in the example, from 0; padding goes on from the last one.</summary>
    public int[] Positions { get; }

    /// <summary>The first flat row that a token may attend to; for padding, its own row + 1, so that it sees nothing.</summary>
    public int[] DocumentStart { get; }

    /// <summary>The <see cref="Example.Index"/> of each token's example, the key of its dropout masks.</summary>
    public int[] ExampleIndex { get; }

    /// <summary>The flat rows whose next token is trained, ascending: where the loss looks.</summary>
    public int[] TrainedRows { get; }

    /// <summary>The id that each of <see cref="TrainedRows"/> should predict: the label of the row after it.</summary>
    public int[] Targets { get; }

    /// <summary>How many tokens the loss counts.</summary>
    public int TrainedTokens => TrainedRows.Length;

    /// <summary>Lays the examples of each row out in order; a batch with no trained token is allowed here.</summary>
    /// <exception cref="UsageException">B * T is more than an array can hold.</exception>
    public Batch(IReadOnlyList<IReadOnlyList<Example>> packed, int padId)
    {
        ArgumentOutOfRangeException.ThrowIfZero(packed.Count);
        (Rows, Length) = (packed.Count, packed.Max(row => row.Sum(example => example.Ids.Length)));
        if ((long)Rows * Length > Array.MaxLength)
            throw new UsageException($"per_device_train_batch_size: the batch is {Rows} x {Length} tokens, but one batch needs at most {Array.MaxLength}. Lower it and raise gradient_accumulation_steps.");

        int tokens = Rows * Length;
        (Ids, Labels, Positions) = (new int[tokens], new int[tokens], new int[tokens]);
        (DocumentStart, ExampleIndex) = (new int[tokens], new int[tokens]);
        Array.Fill(Ids, padId);
        Array.Fill(Labels, Example.Ignored);
        List<int> rows = [], targets = [];
        for (int b = 0; b < Rows; b++)
        {
            int first = b * Length, end = first;
            foreach (var example in packed[b])
            {
                first = end;
                end = first + example.Ids.Length;
                example.Ids.CopyTo(Ids, first);
                example.Labels.CopyTo(Labels, first);
                for (int row = first; row < end; row++)
                {
                    (Positions[row], DocumentStart[row], ExampleIndex[row]) = (row - first, first, example.Index);
                    if (row + 1 < end && Labels[row + 1] != Example.Ignored)
                    {
                        rows.Add(row);
                        targets.Add(Labels[row + 1]);
                    }
                }
            }
            for (int row = end; row < (b + 1) * Length; row++)
                (Positions[row], DocumentStart[row], ExampleIndex[row]) = (row - first, row + 1, packed[b][^1].Index);
        }
        (TrainedRows, Targets) = (rows.ToArray(), targets.ToArray());
    }

    /// <summary>Each example in a row of its own.</summary>
    public static Example[][] Alone(IEnumerable<Example> examples) => [.. examples.Select(example => new[] { example })];

    /// <summary>
    /// The micro-batches of one effective batch: consecutive slices of <paramref name="size"/> rows, the last one
    /// maybe smaller. Their trained tokens together are what the step's loss is divided by.
    /// </summary>
    /// <exception cref="PureLoraException">The whole effective batch has no trained token.</exception>
    public static Batch[] Slices(IReadOnlyList<IReadOnlyList<Example>> effective, int size, int padId)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        var batches = effective.Chunk(size).Select(slice => new Batch(slice, padId)).ToArray();
        if (batches.All(batch => batch.TrainedTokens == 0))
            throw new PureLoraException($"{effective[0][0].Place}: the number of trained tokens in the batch of {Spelling.Count(effective.Sum(row => row.Count), "example")} that begins with it is 0, but a step needs at least 1. Check the labels of these examples.");
        return batches;
    }
}
