namespace PureLora;

/// <summary>
/// One line of a data file: a prompt with its completion, or a plain text (<paramref name="Prompt"/> is null and
/// <paramref name="Completion"/> is the whole text). <paramref name="Line"/> counts from 1, blank lines included.
/// </summary>
public sealed record TextRecord(int Line, string? Prompt, string Completion);
