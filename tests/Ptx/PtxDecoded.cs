namespace PureLora.Tests.Ptx;

/// <summary>An instruction with what is only of use until the whole kernel is known.</summary>
sealed class PtxDecoded
{
    public PtxInstruction Instruction = new();

    /// <summary>Where a branch goes, or its table.</summary>
    public string? Label;

    /// <summary>The registers that it reads and writes.</summary>
    public List<int> Reads { get; } = [];

    public List<int> Writes { get; } = [];
}

/// <summary>The part of an instruction's name after the first dot: each modifier must be asked for, or it is an error.</summary>
sealed class PtxModifiers(IEnumerable<string> parts)
{
    readonly List<string> left = [.. parts];

    public static PtxType Type(string name) => Enum.TryParse<PtxType>(name, ignoreCase: true, out var type) && !char.IsDigit(name[0])
        ? type : throw new PtxException($"the type {name} is unknown.");

    public bool Take(string name) => left.Remove(name);

    public string? TakeAny(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
            if (left.Remove(name))
                return name;
        return null;
    }

    /// <summary>The last modifier, which is the type in most instructions.</summary>
    public PtxType TakeType()
    {
        if (left.Count == 0)
            throw new PtxException("a type is missing.");
        var type = Type(left[^1]);
        left.RemoveAt(left.Count - 1);
        return type;
    }

    public PtxSpace TakeSpace() => TakeAny("global", "shared", "shared::cta", "local", "param", "param::entry") switch
    {
        "global" => PtxSpace.Global,
        "shared" or "shared::cta" => PtxSpace.Shared,
        "local" => PtxSpace.Local,
        "param" or "param::entry" => PtxSpace.Param,
        _ => PtxSpace.Generic,
    };

    /// <summary>What asks for no other result: hints to caches, and orders that running threads one by one keeps anyway.</summary>
    public void TakeHints()
    {
        while (TakeAny("nc", "ca", "cg", "cs", "lu", "cv", "wb", "wt", "weak", "relaxed", "acquire", "release", "acq_rel", "cta", "gpu", "sys",
            "volatile", "L1::no_allocate", "L1::evict_first", "L1::evict_last", "L2::64B", "L2::128B", "L2::256B") is not null)
        {
        }
    }

    public void Finish()
    {
        if (left.Count > 0)
            throw new PtxException($"the modifier .{left[0]} is unknown.");
    }
}
