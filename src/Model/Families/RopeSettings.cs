using PureLora.Kernels;

namespace PureLora;

/// <summary>
/// Reads rotary positions, as Transformers 4 (<c>rope_theta</c>, <c>rope_scaling</c> with <c>type</c> or
/// <c>rope_type</c>) and 5 (<c>rope_parameters</c>) write them.
/// </summary>
/// <param name="HeadSize">D.</param>
/// <param name="Positions">The longest sequence the model was made for.</param>
sealed record RopeSettings(int HeadSize, int Positions)
{
    const string Known = "default, linear, dynamic, llama3, yarn, longrope", OriginalKey = "original_max_position_embeddings";

    /// <summary>The base where the file has none.</summary>
    public double Theta { get; init; } = 10000;

    /// <summary>The key that has the base outside of a group.</summary>
    public string ThetaKey { get; init; } = "rope_theta";

    /// <summary>The share of a head that turns where the file does not say.</summary>
    public double Part { get; init; } = 1;

    /// <summary>The key that has this share outside of a group.</summary>
    public string PartKey { get; init; } = "partial_rotary_factor";

    /// <summary>The positions before scaling where the file does not say; null for <see cref="Positions"/>.</summary>
    public int? Original { get; init; }

    /// <summary>Other names that a family had for a type.</summary>
    public Func<string, string> Rename { get; init; } = type => type;

    /// <summary>What the whole model uses.</summary>
    public Rope Read(ConfigJson file) => Read(file, Group(file, "rope_scaling") ?? Group(file, "rope_parameters"));

    static ConfigJson? Group(ConfigJson file, string key) => file.IsEmpty(key) ? null : file.Group(key);

    /// <summary>What <paramref name="group"/> says, and outside of it <paramref name="file"/>.</summary>
    public Rope Read(ConfigJson file, ConfigJson? group)
    {
        var theta = group?.OptionalPositive("rope_theta") ?? file.PositiveNumber(ThetaKey, Theta);
        var part = group?.OptionalPositive("partial_rotary_factor") ?? file.OptionalPositive(PartKey) ?? (Part == 1 ? 1 : file.Default(PartKey, Part));
        var turning = (int)(HeadSize * part);
        if (turning < 2 || turning > HeadSize || turning % 2 != 0 || HeadSize % 2 != 0)
            throw HeadSize % 2 != 0 ? file.Wrong("head_dim", $"{HeadSize}", "an even number, since rotary positions turn pairs")
                : file.Wrong(PartKey, $"{part}", $"an even number of the {HeadSize} features of a head, since rotary positions turn pairs");
        var type = Rename(group?.OptionalString("rope_type") ?? group?.OptionalString("type") ?? "default");
        var rope = type switch
        {
            "default" => new Rope(theta, turning),
            "linear" => new LinearRope(theta, turning, group!.PositiveNumber("factor")),
            "dynamic" when turning > 2 => new DynamicRope(theta, turning, group!.PositiveNumber("factor"), Positions),
            "llama3" => Llama3(file, group!, theta, turning),
            "yarn" => Yarn(file, group!, theta, turning),
            "longrope" => Long(file, group!, theta, turning),
            _ => throw group!.Unsupported("rope_type", type, Known),
        };
        // Settings that are fine one by one can still make no rotation together.
        if (!rope.Frequencies(Positions).All(float.IsFinite) || !double.IsFinite(rope.AttentionScaling))
            throw (group ?? file).Wrong("rope_type", $"{type} with a base of {theta}", "settings whose frequencies are finite numbers");
        return rope;
    }

    /// <summary>Beside the model's own key, which wins as in Transformers, the group may have it.</summary>
    int OriginalOf(ConfigJson file, ConfigJson group) =>
        (file.Has(OriginalKey) ? file : group).Positive(OriginalKey, Original ?? Positions);

    Llama3Rope Llama3(ConfigJson file, ConfigJson group, double theta, int turning)
    {
        var (low, high) = (group.PositiveNumber("low_freq_factor"), group.PositiveNumber("high_freq_factor"));
        if (high <= low)
            throw group.Wrong("high_freq_factor", $"{high}", $"more than low_freq_factor, {low}");
        return new(theta, turning, group.PositiveNumber("factor"), low, high, OriginalOf(file, group));
    }

    YarnRope Yarn(ConfigJson file, ConfigJson group, double theta, int turning)
    {
        var original = OriginalOf(file, group);
        var factor = group.PositiveNumber("factor", (double)Positions / original);
        double? m = group.OptionalDouble("mscale"), all = group.OptionalDouble("mscale_all_dim");
        var ratio = m is not (null or 0) && all is not (null or 0) ? YarnRope.Magnitude(factor, m.Value) / YarnRope.Magnitude(factor, all.Value) : YarnRope.Magnitude(factor);
        var attention = group.PositiveNumber("attention_factor", ratio);
        return new(theta, turning, factor, original, attention, group.PositiveNumber("beta_fast", 32), group.PositiveNumber("beta_slow", 1), group.Bool("truncate", true));
    }

    LongRope Long(ConfigJson file, ConfigJson group, double theta, int turning)
    {
        var original = OriginalOf(file, group);
        var factor = group.PositiveNumber("factor", (double)Positions / original);
        var attention = group.PositiveNumber("attention_factor", factor <= 1 ? 1 : Math.Sqrt(1 + ScalarMath.Log(factor) / ScalarMath.Log(original)));
        return new(theta, turning, group.PositiveNumbers("short_factor", turning / 2), group.PositiveNumbers("long_factor", turning / 2), original, attention);
    }
}
