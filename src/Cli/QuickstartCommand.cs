namespace PureLora;

/// <summary>What <c>quickstart</c> is told.</summary>
sealed record QuickstartSettings
{
    [Setting("Folder that receives the adapter.", Placeholder = "dir")]
    public string OutputDir { get; init; } = "purelora-quickstart";

    [Setting("CPU threads; 0 takes every core.", AtLeast = 0, AtMost = 1024)]
    public int Threads { get; init; }
}

/// <summary>Teaches the built-in model something new, and shows it before and after.</summary>
sealed class QuickstartCommand() : ToolCommand<QuickstartSettings>(
    "quickstart", "Teach a small built-in model something new with LoRA, in under a minute.",
    ["purelora quickstart", "purelora quickstart --json"], Run)
{
    internal static void Run(QuickstartSettings settings, Report report, CancellationToken stop) =>
        throw new NotImplementedException();
}
