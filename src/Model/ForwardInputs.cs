namespace PureLora;

/// <summary>
/// What a model is asked in a comparison with another implementation, under Transformers' names: <c>input_ids</c>
/// [B, T], and where given <c>labels</c>, <c>attention_mask</c> and <c>position_ids</c> of the same shape.
/// </summary>
public sealed class ForwardInputs
{
    ForwardInputs(string source, int sequences, int[] ids, int[]? labels, int[]? mask, int[]? positions)
    {
        (Sequences, Length, Ids) = (sequences, ids.Length / sequences, ids);
        Positions = positions ?? [.. ids.Select((_, row) => row % Length)];
        Starts = new int[ids.Length];
        for (var first = 0; first < ids.Length;)
            first = FillDocument(source, first, mask, positions is not null && mask is null);
        if (labels is null)
            return;
        var trained = Enumerable.Range(0, ids.Length - 1).Where(row => (row + 1) % Length != 0 && labels[row + 1] != -100 && Starts[row] <= row).ToArray();
        (TrainedRows, Targets) = (trained, [.. trained.Select(row => labels[row + 1])]);
        if (trained.Length == 0)
            throw new PureLoraException($"{source}: labels trains no token, but a loss needs at least one that is not -100 after the first. Correct labels, or leave them out.");
        if (Targets.FirstOrDefault(id => id < 0, 0) is < 0 and var bad)
            throw new PureLoraException($"{source}: labels holds {bad}, but a label needs to be a token id or -100. Correct labels.");
    }

    /// <summary>B.</summary>
    public int Sequences { get; }

    /// <summary>T.</summary>
    public int Length { get; }

    public int[] Ids { get; }

    public int[] Positions { get; }

    /// <summary>The first flat row each token may attend to; a masked token sees nothing.</summary>
    public int[] Starts { get; }

    /// <summary>The flat rows whose next token has a label, masked rows left out; null without labels.</summary>
    public int[]? TrainedRows { get; }

    public int[]? Targets { get; }

    /// <summary>Reads the inputs from a safetensors file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="prefix">What stands before each name.</param>
    public static ForwardInputs Read(SafetensorsFile file, string prefix = "")
    {
        if (!file.Tensors.ContainsKey($"{prefix}input_ids"))
            throw new PureLoraException($"{file.Path}: tensor {prefix}input_ids is missing, but an input needs it, as integers [B, T]. Save the token ids of your text under this name.");
        var shape = file.Info($"{prefix}input_ids").Shape;
        if (shape is not [> 0, > 0])
            throw new PureLoraException($"{file.Path}: tensor {prefix}input_ids is [{string.Join(", ", shape)}], but a batch needs [B, T]. Save it with two dimensions.");
        int[] Ints(string name)
        {
            if (!file.Info(prefix + name).Shape.SequenceEqual(shape))
                throw new PureLoraException($"{file.Path}: tensor {prefix}{name} is [{string.Join(", ", file.Info(prefix + name).Shape)}], but input_ids needs [{string.Join(", ", shape)}]. Save them with one shape.");
            return [.. file.ReadInts(prefix + name).Select(value => (int)Math.Clamp(value, int.MinValue, int.MaxValue))];
        }
        int[]? Optional(string name) => file.Tensors.ContainsKey(prefix + name) ? Ints(name) : null;
        return new ForwardInputs(file.Path, (int)shape[0], Ints("input_ids"), Optional("labels"), Optional("attention_mask"), Optional("position_ids"));
    }

    /// <summary>
    /// One document: a row of the batch, or, as Transformers takes position_ids without a mask, the tokens up to where
    /// positions begin again. Returns where the next one begins.
    /// </summary>
    int FillDocument(string source, int first, int[]? mask, bool byPositions)
    {
        var end = first + 1;
        while (end % Length != 0 && !(byPositions && Positions[end] != Positions[end - 1] + 1))
            end++;
        var seen = mask is null ? first : Array.FindIndex(mask, first, end - first, m => m != 0);
        var last = mask is null ? end : Array.FindLastIndex(mask, end - 1, end - first, m => m != 0) + 1;
        for (var row = first; row < end; row++)
        {
            var visible = seen >= 0 && row >= seen && row < last;
            if (visible && mask is not null && mask[row] == 0)
                throw new PureLoraException($"{source}: attention_mask has a hole in row {row / Length} at token {row % Length}, but only padding at the ends is supported. Move the padding to one end.");
            Starts[row] = visible ? seen : row + 1;
        }
        return end;
    }
}
