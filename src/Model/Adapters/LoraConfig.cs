namespace PureLora;

/// <summary>How A is drawn; B always begins at zero, so a fresh adapter changes nothing.</summary>
public enum LoraInit
{
    /// <summary>U(-1/sqrt(in), 1/sqrt(in)): Kaiming uniform with a = sqrt(5), PEFT's <c>init_lora_weights: true</c>.</summary>
    Kaiming,

    /// <summary>N(0, 1/r²) as PEFT's <c>gaussian</c>: the standard deviation is 1/r.</summary>
    Gaussian,
}

/// <summary>A LoRA adapter's settings, under the names that PEFT gives them in snake case.</summary>
public sealed record LoraConfig
{
    /// <summary>R, the rank.</summary>
    public int R { get; init; } = 8;

    /// <summary>alpha: the change is scaled by alpha / R.</summary>
    public double LoraAlpha { get; init; } = 16;

    /// <summary>The share of the adapter's inputs that training drops.</summary>
    public double LoraDropout { get; init; }

    public TargetModules TargetModules { get; init; } = TargetModules.Text("all-linear");

    /// <summary>Scale by alpha / sqrt(R) instead (rank-stabilised LoRA, arXiv 2312.03732).</summary>
    public bool UseRslora { get; init; }

    public LoraInit InitLoraWeights { get; init; }

    /// <summary>s.</summary>
    public double Scale => UseRslora ? LoraAlpha / Math.Sqrt(R) : LoraAlpha / R;

    public void Validate()
    {
        if (R < 1)
            throw new UsageException($"r: the value is {R}, but a rank needs to be at least 1. Use 8 or 16.");
        if (!(LoraDropout >= 0 && LoraDropout < 1))
            throw new UsageException($"lora_dropout: the value is {LoraDropout}, but a share needs to be at least 0 and below 1. Use 0 or 0.05.");
        if (!double.IsFinite(LoraAlpha))
            throw new UsageException($"lora_alpha: the value is {LoraAlpha}, but a scale needs a finite number. Use twice r.");
    }
}
