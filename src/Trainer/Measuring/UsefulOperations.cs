namespace PureLora;

/// <summary>
/// The operations that a training step cannot do without: a multiply and an add for each weight and token forward, as
/// many for the gradient of the input where something below is trained, and for that of each trained matrix; of attention,
/// two products forward and four back, over the keys that a query sees. What is computed again, element by element, or to
/// fill a block does not count.
/// </summary>
static class UsefulOperations
{
    /// <param name="model">With its adapter.</param>
    /// <param name="examples">Of the effective batch, each a document of its own.</param>
    public static double OfStep(Decoder model, IReadOnlyList<Example> examples)
    {
        double tokens = examples.Sum(e => (double)e.Ids.Length), trained = examples.Sum(e => (double)e.TrainedTokens);
        var trainsBase = model.Parameters.Count > 0;
        var (sum, below) = (0.0, trainsBase);
        foreach (var stage in model.Stages)
        {
            foreach (var linear in stage.Linears)
                sum += OfLinear(linear, below, trainsBase) * (stage.IsHead ? trained : stage.Share * tokens);
            below |= stage.Linears.Any(linear => linear is LoraLinear);
            if (stage.Attends is { } layer)
                sum += 2 * examples.Sum(e => Pairs(layer, e.Ids.Length)) * model.Config.Heads * model.Config.HeadSize * (below ? 6 : 2);
        }
        return sum;
    }

    /// <summary>Queries with the keys that they see, in a document of so many tokens.</summary>
    public static double Pairs(LayerConfig layer, double tokens)
    {
        var window = Math.Min(layer.Window ?? tokens, tokens);
        return window * (window + 1) / 2 + (tokens - window) * window;
    }

    /// <summary>For each token.</summary>
    static double OfLinear(ILinear linear, bool inputNeedsGradient, bool trainsBase)
    {
        double Product(double inputs, double outputs, bool trains) => 2 * inputs * outputs * (1 + (inputNeedsGradient ? 1 : 0) + (trains ? 1 : 0));
        var own = Product(linear.Inputs, linear.Outputs, trainsBase);
        // The product with B always hands a gradient on to the one with A.
        return linear is LoraLinear { A.Rows: var r } ? own + Product(linear.Inputs, r, true) + 6.0 * r * linear.Outputs : own;
    }
}
