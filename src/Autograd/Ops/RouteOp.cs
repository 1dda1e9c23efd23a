namespace PureLora;

public static class RouteOp
{
    /// <summary>
    /// Sends each row of router logits [T, E] to the k experts with the largest ones, ties to the lower index, with the weights
    /// [T, k] that softmax(logits) gives these; <paramref name="normalized"/>, with weights that sum to 1 (Mixtral, arXiv
    /// 2401.04088). The choice is read back, since an expert's rows are a tensor of their own; where only a plan is made,
    /// every expert has its even share.
    /// </summary>
    public static Routing Route(this Tape tape, Tensor logits, int k, bool normalized)
    {
        var experts = logits.Columns;
        if (k < 1 || k > experts)
            throw new ArgumentException($"Route: k is {k}, but logits {logits.Shape} need 1 to {experts}.");
        var weights = tape.Make(logits.Rows, k, logits.NeedsGrad);
        var chosen = tape.Keep<int>((long)logits.Rows * k);
        Kernels.Route.Forward(tape.Device, logits.Data, experts, k, normalized, weights.Data, chosen);
        var choice = tape.Device.Computes ? chosen.ToArray() : [.. Enumerable.Range(0, (int)chosen.Length).Select(slot => slot % experts)];
        var parts = choice.Select((expert, slot) => (expert, slot)).GroupBy(pair => pair.expert, pair => pair.slot).OrderBy(group => group.Key)
            .Select(group => new ExpertRows(group.Key, Kept(group.Select(slot => slot / k)), Kept(group))).ToArray();
        tape.Record(weights, () => Kernels.Route.Backward(tape.Device, weights.Gradient, logits.Data, experts, k, normalized, weights.Data, chosen, logits.Gradient));
        return new Routing(weights, parts);

        IntBuffer Kept(IEnumerable<int> values)
        {
            int[] array = [.. values];
            var buffer = tape.Keep<int>(array.Length);
            buffer.CopyFrom(array);
            return buffer;
        }
    }
}

/// <summary>Which rows go to which expert.</summary>
/// <param name="Weights">[T, K], one for each slot: K slots a row, the best expert first.</param>
/// <param name="Parts">The experts that got rows, ascending.</param>
public sealed record Routing(Tensor Weights, IReadOnlyList<ExpertRows> Parts);

/// <summary>What one expert got, in the order of the rows. The tape of the <see cref="Routing"/> owns the buffers.</summary>
/// <param name="Expert">Its index.</param>
/// <param name="Rows">Rows 0..T-1, for <c>tape.Embedding(x, Rows)</c>.</param>
/// <param name="Slots">row·K + slot for each, for <c>tape.ScatterAdd</c>.</param>
public sealed record ExpertRows(int Expert, IntBuffer Rows, IntBuffer Slots);
