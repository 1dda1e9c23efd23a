namespace PureLora;

/// <summary>One setting of a model as it was understood.</summary>
/// <param name="Name">The key, with the groups it is in: <c>rope_scaling.factor</c>.</param>
/// <param name="Value">As <c>config.json</c> has it, a text without quotes.</param>
/// <param name="Source">Where it came from.</param>
public sealed record ConfigSetting(string Name, string Value, string Source)
{
    internal const string File = "config.json", FamilyDefault = "default of the family";
}
