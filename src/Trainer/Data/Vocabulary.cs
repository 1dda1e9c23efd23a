namespace PureLora;

/// <summary>
/// What the data needs of a tokenizer: <paramref name="Encode"/> gives the ids of a text without special tokens;
/// <paramref name="AddsBos"/> says that every sequence starts with <paramref name="BosId"/>.
/// </summary>
public sealed record Vocabulary(Func<string, int[]> Encode, int? BosId, int? EosId, bool AddsBos, int? PadId = null)
{
    /// <summary>The id that fills short rows. No token attends to it and no loss sees it, so any valid id does.</summary>
    public int Padding => PadId ?? EosId ?? 0;
}
