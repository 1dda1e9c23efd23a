namespace PureLora;

/// <summary>What <c>configuration</c> is told: nothing.</summary>
sealed record ConfigurationSettings;

/// <summary>Writes docs/configuration.md; hidden, for those who change a setting.</summary>
sealed class ConfigurationCommand : ToolCommand<ConfigurationSettings>
{
    public ConfigurationCommand() : base(
        "configuration", "Write the reference of all settings, as Markdown.",
        ["purelora configuration > docs/configuration.md"], Run) => Hidden = true;

    internal static void Run(ConfigurationSettings settings, Report report, CancellationToken stop)
    {
        var page = ConfigurationPage.Markdown();
        report.Piece(page);
        report.Result(("page", page));
    }
}
