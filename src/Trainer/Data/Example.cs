namespace PureLora;

/// <summary>
/// One tokenized example. <paramref name="Labels"/>[t] is <paramref name="Ids"/>[t] where the token is trained and
/// <see cref="Ignored"/> where it is not; the loss predicts label t + 1 from token t, as in Transformers.
/// <paramref name="Index"/> counts the examples of all its files from 0, and <paramref name="Place"/> is its record's file and line.
/// </summary>
public sealed record Example(int Index, string Place, int[] Ids, int[] Labels)
{
    /// <summary>The label of a token that is not trained.</summary>
    public const int Ignored = -100;

    /// <summary>How many tokens the loss counts: trained ones that have a predecessor.</summary>
    public int TrainedTokens => Labels.Skip(1).Count(label => label != Ignored);
}
