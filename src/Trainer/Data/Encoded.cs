namespace PureLora;

/// <summary>Whose words a token is part of.</summary>
public enum Role
{
    /// <summary>BOS and EOS.</summary>
    Special,

    /// <summary>What a chat template puts around messages.</summary>
    Template,
    Text,
    Prompt,
    Completion,
    System,
    User,
    Assistant,
    Tool,
    Other,
}

/// <summary>An example with its ids, which of them are trained and whose they are; and what the lint wants to know of it.</summary>
sealed class Encoded
{
    public required int[] Ids { get; init; }

    public required bool[] Trained { get; init; }

    public required Role[] Roles { get; init; }

    /// <summary>Tokens before it was cut.</summary>
    public int WholeLength { get; init; }

    /// <summary>Whether it lost tokens to max_seq_length.</summary>
    public bool IsCut => Ids.Length < WholeLength;

    /// <summary>The place of the first token that the loss could count if nothing were cut; the length if there is none.</summary>
    public int FirstTrained { get; init; }

    /// <summary>The user's texts, as they stand in the record.</summary>
    public IReadOnlyList<string> Texts { get; init; } = [];

    /// <summary>Whether these texts are parts of a chat or an instruction, where special tokens have no business.</summary>
    public bool IsChat { get; init; }

    /// <summary>How a template failed to be prefix-preserving where that was relied on; null where it did not.</summary>
    public string? NotPrefix { get; init; }

    /// <summary>How many tokens the loss counts.</summary>
    public int TrainedTokens
    {
        get
        {
            var count = 0;
            for (var t = 1; t < Trained.Length; t++)
                count += Trained[t] ? 1 : 0;
            return count;
        }
    }

    /// <summary>The example within <paramref name="most"/> tokens; null where it is to be left out.</summary>
    /// <param name="most">max_seq_length.</param>
    /// <param name="side">truncation_side: <c>right</c> cuts the end, <c>left</c> the start after BOS, <c>drop</c> leaves it out.</param>
    /// <param name="bos">BOS, which stays at the start.</param>
    public Encoded? Within(int most, string side, int? bos)
    {
        if (Ids.Length <= most)
            return this;
        if (side == "drop")
            return null;
        var kept = side == "left" && Ids[0] == bos ? 1 : 0;
        return new Encoded
        {
            Ids = Cut(Ids),
            Trained = Cut(Trained),
            Roles = Cut(Roles),
            WholeLength = WholeLength,
            FirstTrained = FirstTrained,
            Texts = Texts,
            IsChat = IsChat,
            NotPrefix = NotPrefix,
        };

        T[] Cut<T>(T[] whole) => side == "left" ? [.. whole[..kept], .. whole[^(most - kept)..]] : whole[..most];
    }
}
