namespace PureLora;

/// <summary>The LoRA layers that were put into a decoder, with the settings they share.</summary>
public sealed class LoraAdapter
{
    internal const string Prefix = "base_model.model.", SuffixA = ".lora_A.weight", SuffixB = ".lora_B.weight";

    LoraAdapter(LoraConfig config, IReadOnlyList<LoraLinear> layers) => (Config, Layers) = (config, layers);

    public LoraConfig Config { get; }

    public IReadOnlyList<LoraLinear> Layers { get; }

    /// <summary>A and B of each layer, under PEFT's names, in the order of the forward pass.</summary>
    public IEnumerable<Parameter> Parameters => Layers.SelectMany(layer => new[] { layer.A, layer.B });

    public long ParameterCount => Parameters.Sum(p => p.Data.Length);

    /// <summary>Puts a fresh adapter into <paramref name="model"/>: A drawn from the seed, B zero.</summary>
    public static LoraAdapter Attach(Decoder model, LoraConfig config, ulong seed)
    {
        config.Validate();
        var targets = config.TargetModules.Select(model).ToHashSet();
        var wide = model.Linears.FirstOrDefault(l => targets.Contains(l.Name) && (long)config.R * Math.Max(l.Inputs, l.Outputs) > Array.MaxLength);
        if (wide is not null)
            throw new UsageException($"r: the value is {config.R}, but {wide.Name} [{wide.Outputs}, {wide.Inputs}] needs matrices of at most {Array.MaxLength} numbers. Use 8 or 16.");
        return Attach(model, config, targets, linear =>
        {
            if (!model.Device.Computes)
                return ([], []);
            var a = new float[config.R * linear.Inputs];
            var name = $"{Prefix}{linear.Name}{SuffixA}";
            if (config.InitLoraWeights == LoraInit.Gaussian)
                RandomValues.Normal(a, seed, name, 1.0 / config.R);
            else
                RandomValues.Uniform(a, seed, name, 1.0 / Math.Sqrt(linear.Inputs));
            return (a, new float[linear.Outputs * config.R]);
        });
    }

    /// <summary>Wraps each linear in <paramref name="targets"/> with the A and B that <paramref name="values"/> gives.</summary>
    internal static LoraAdapter Attach(Decoder model, LoraConfig config, IReadOnlySet<string> targets, Func<ILinear, (float[] A, float[] B)> values)
    {
        if (model.Linears.FirstOrDefault(l => l is LoraLinear && targets.Contains(l.Name)) is { } taken)
            throw new PureLoraException($"{taken.Name}: it has an adapter already, but a linear needs to have at most one. Merge the first adapter, then add the second.");
        var layers = new List<LoraLinear>();
        model.Wrap(linear =>
        {
            if (!targets.Contains(linear.Name))
                return linear;
            var (a, b) = values(linear);
            var layer = new LoraLinear(
                linear,
                new Parameter(model.Device, $"{Prefix}{linear.Name}{SuffixA}", config.R, linear.Inputs, a),
                new Parameter(model.Device, $"{Prefix}{linear.Name}{SuffixB}", linear.Outputs, config.R, b),
                config.Scale, config.LoraDropout);
            layers.Add(layer);
            return layer;
        });
        return new LoraAdapter(config, layers);
    }
}
