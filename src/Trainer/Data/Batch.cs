namespace PureLora;

/// <summary>
/// A micro-batch: B examples, right-padded to the longest, T; every array is [B * T] in row order. What a token sees
/// depends on its own example alone: <see cref="DocumentStart"/> and <see cref="Positions"/> say which and where.
/// </summary>
public sealed class Batch
{
    /// <summary>B, the number of examples.</summary>
    public int Rows { get; }

    /// <summary>T, the length of the longest example.</summary>
    public int Length { get; }

    /// <summary>Token ids; the padding id after an example's end.</summary>
    public int[] Ids { get; }

    /// <summary>Labels as in <see cref="PureLora.Example"/>; ignored after an example's end.</summary>
    public int[] Labels { get; }

    /// <summary>The position in the example, from 0.</summary>
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

    /// <summary>Lays <paramref name="examples"/> out in order; a batch with no trained token is allowed here.</summary>
    /// <exception cref="UsageException">B * T is more than an array can hold.</exception>
    public Batch(IReadOnlyList<Example> examples, int padId)
    {
        ArgumentOutOfRangeException.ThrowIfZero(examples.Count);
        (Rows, Length) = (examples.Count, examples.Max(example => example.Ids.Length));
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
            var example = examples[b];
            int first = b * Length, end = first + example.Ids.Length;
            example.Ids.CopyTo(Ids, first);
            example.Labels.CopyTo(Labels, first);
            for (int row = first; row < first + Length; row++)
            {
                Positions[row] = row - first;
                ExampleIndex[row] = example.Index;
                DocumentStart[row] = row < end ? first : row + 1;
                if (row + 1 < end && Labels[row + 1] != Example.Ignored)
                {
                    rows.Add(row);
                    targets.Add(Labels[row + 1]);
                }
            }
        }
        (TrainedRows, Targets) = (rows.ToArray(), targets.ToArray());
    }

    /// <summary>
    /// The micro-batches of one effective batch: consecutive slices of <paramref name="size"/> examples, the last one
    /// maybe smaller. Their trained tokens together are what the step's loss is divided by.
    /// </summary>
    /// <exception cref="PureLoraException">The whole effective batch has no trained token.</exception>
    public static Batch[] Slices(string file, IReadOnlyList<Example> effective, int size, int padId)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        var batches = effective.Chunk(size).Select(slice => new Batch(slice, padId)).ToArray();
        if (batches.All(batch => batch.TrainedTokens == 0))
            throw new PureLoraException($"{file}: the number of trained tokens in the batch of {Lines.Of([.. effective.Select(example => example.Line)])} is 0, but a step needs at least 1. Check the labels of these examples.");
        return batches;
    }
}
