namespace PureLora;

/// <summary>
/// One tokenized record. <paramref name="Labels"/>[t] is <paramref name="Ids"/>[t] where the token is trained and
/// <see cref="Ignored"/> where it is not; the loss predicts label t + 1 from token t, as in Transformers.
/// <paramref name="Index"/> is the record's place in its file, from 0, and <paramref name="Line"/> its line, from 1.
/// </summary>
public sealed record Example(int Index, int Line, int[] Ids, int[] Labels)
{
    /// <summary>The label of a token that is not trained.</summary>
    public const int Ignored = -100;

    /// <summary>How many tokens the loss counts: trained ones that have a predecessor.</summary>
    public int TrainedTokens => Labels.Skip(1).Count(label => label != Ignored);
}
