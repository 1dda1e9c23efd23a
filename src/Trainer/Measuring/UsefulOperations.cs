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
        double pairs = examples.Sum(e => e.Ids.Length * (e.Ids.Length + 1.0) / 2) * model.Config.Heads * model.Config.HeadSize;
        var trainsBase = model.Parameters.Count > 0;
        var (sum, below, stage) = (0.0, trainsBase, (Group: -1, Trains: false));
        foreach (var linear in model.Linears)
        {
            var group = Group(linear.Name);
            if (group != stage.Group)
            {
                below |= stage.Trains;
                // Between query, key and value and what comes next stands attention.
                if (stage.Group == 0)
                    sum += 2 * pairs * (below ? 6 : 2);
                stage = (group, false);
            }
            sum += OfLinear(linear, below, trainsBase) * (group == HeadGroup ? trained : tokens);
            stage.Trains |= linear is LoraLinear;
        }
        return sum;
    }

    /// <summary>For each token.</summary>
    static double OfLinear(ILinear linear, bool inputNeedsGradient, bool trainsBase)
    {
        double Product(double inputs, double outputs, bool trains) => 2 * inputs * outputs * (1 + (inputNeedsGradient ? 1 : 0) + (trains ? 1 : 0));
        var own = Product(linear.Inputs, linear.Outputs, trainsBase);
        // The product with B always hands a gradient on to the one with A.
        return linear is LoraLinear { A.Rows: var r } ? own + Product(linear.Inputs, r, true) + 6.0 * r * linear.Outputs : own;
    }

    const int HeadGroup = 4;

    /// <summary>Linears that read one tensor, in the order of the forward pass.</summary>
    static int Group(string name) => name[(name.LastIndexOf('.') + 1)..] switch
    {
        "q_proj" or "k_proj" or "v_proj" => 0,
        "o_proj" => 1,
        "gate_proj" or "up_proj" => 2,
        "down_proj" => 3,
        _ => HeadGroup,
    };
}
