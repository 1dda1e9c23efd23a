namespace PureLora;

/// <summary>One pass with everything it computes, for comparing with another implementation.</summary>
/// <param name="Logits">[B, T, V], row by row.</param>
/// <param name="Loss">Mean over the trained next tokens; null without labels.</param>
/// <param name="Gradients">By tensor name: of each adapter tensor, or of each weight of a trainable model.</param>
/// <param name="HiddenStates">As Transformers: the embeddings, then each layer's result, the last after the final norm.</param>
public sealed record ForwardPass(float[] Logits, double? Loss, IReadOnlyDictionary<string, float[]> Gradients, IReadOnlyList<float[]> HiddenStates)
{
    /// <summary>Runs <paramref name="model"/> on <paramref name="inputs"/>.</summary>
    /// <param name="model">A decoder.</param>
    /// <param name="inputs">What it is asked.</param>
    /// <param name="parameters">Whose gradients to compute; none for none.</param>
    public static ForwardPass Run(Decoder model, ForwardInputs inputs, IReadOnlyList<Parameter> parameters)
    {
        var device = model.Device;
        using var batch = new TokenBatch(device, inputs.Sequences, inputs.Ids, inputs.Positions, inputs.Starts);
        var states = new List<float[]>();
        float[] logits;
        using (var tape = new Tape(device, records: false))
            logits = model.Logits(tape, model.Forward(tape, batch, watch: x => states.Add(x.Data.ToArray()))).Data.ToArray();
        if (inputs.TrainedRows is null || inputs.Targets is null)
            return parameters.Count == 0
                ? new ForwardPass(logits, null, new Dictionary<string, float[]>(), states)
                : throw new UsageException("forward: labels are missing from the input, but gradients need a loss. Add labels, or leave out --gradients.");
        if (inputs.Targets.Max() >= model.Config.VocabularySize)
            throw new PureLoraException($"forward: a label is {inputs.Targets.Max()}, but the vocabulary needs ids below {model.Config.VocabularySize}. Use the tokenizer that came with the model.");
        using var rows = device.RentCopy<int>(inputs.TrainedRows);
        using var targets = device.RentCopy<int>(inputs.Targets);
        foreach (var parameter in parameters)
            parameter.ClearGradient();
        using var recorded = new Tape(device, records: parameters.Count > 0);
        var losses = model.Losses(recorded, model.Forward(recorded, batch), rows, targets);
        if (parameters.Count > 0)
            recorded.Backward(losses, 1f / inputs.Targets.Length);
        double sum = 0;
        foreach (var loss in losses.Data.ToArray())
            sum += loss;
        return new ForwardPass(logits, sum / inputs.Targets.Length, parameters.ToDictionary(p => p.Name, p => p.Gradient.ToArray()), states);
    }
}
