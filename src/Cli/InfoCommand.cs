namespace PureLora;

/// <summary>What <c>info</c> is told.</summary>
sealed record InfoSettings
{
    [Setting("Folder of a model or an adapter.", Required = true, Positional = true)]
    public string Path { get; init; } = "";

    [Setting("Modules that would get an adapter, as in train.", Placeholder = "names")]
    public TargetSpec TargetModules { get; init; } = TargetSpec.Parse(TargetSpec.AllLinear)!;

    [Setting("Rank of the adapters that would be trained.", AtLeast = 1)]
    public int R { get; init; } = 8;
}

/// <summary>Shows what a folder holds and what LoRA would train in it.</summary>
sealed class InfoCommand() : ToolCommand<InfoSettings>(
    "info", "Show a model or an adapter: architecture, parameters, what LoRA would train.",
    ["purelora info ./base", "purelora info ./base --target-modules q_proj,v_proj --r 16", "purelora info ./adapter"], Run)
{
    internal static void Run(InfoSettings settings, Report report, CancellationToken stop) =>
        throw new NotImplementedException();
}
