namespace PureLora;

/// <summary>Two BOS in a row are a start that the base model never saw. Any one stops the run.</summary>
sealed class DoubledBos() : Check("doubled-bos")
{
    public override string? Look(Encoded example, Vocabulary vocabulary)
    {
        if (vocabulary.BosId is not { } bos || bos == vocabulary.EosId)
            return null;
        for (var t = 1; t < example.Ids.Length; t++)
            if (example.Ids[t] == bos && example.Ids[t - 1] == bos)
                return $"at tokens {t} and {t + 1}";
        return null;
    }

    public override string Message(Tally tally, DataReport report) =>
        $"BOS stands twice in a row in {Spelling.Count(tally.Count, "example")} of {report.Examples:N0} ({tally.What}), but a model needs one. "
        + "Remove it from the text, or from the chat template where that has two: the tokenizer adds it to texts, and chats get the template's alone";
}
