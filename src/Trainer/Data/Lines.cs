namespace PureLora;

/// <summary>Line numbers for a message: <c>line 4</c>, <c>lines 4, 9</c>, <c>lines 4, 9, 10, 12, 15 and 3 more</c>.</summary>
static class Lines
{
    const int Named = 5;

    internal static string Of(IReadOnlyList<int> lines) =>
        (lines.Count == 1 ? "line " : "lines ") + string.Join(", ", lines.Take(Named))
        + (lines.Count > Named ? $" and {lines.Count - Named} more" : "");
}
