namespace PureLora;

/// <summary>A model that is never trained to end goes on for ever. It stops the run when no example at all trains a token at which generation ends.</summary>
sealed class EosNotTrained() : Check("eos-not-trained")
{
    public override string? Look(Encoded example, Vocabulary vocabulary)
    {
        for (var t = 1; t < example.Ids.Length; t++)
            if (example.Trained[t] && vocabulary.Stops.Contains(example.Ids[t]))
                return null;
        return example.IsCut ? "it was cut before its end" : "it ends otherwise";
    }

    public override bool Stops(long count, DataReport report) => count > 0 && count == report.Looked;

    public override string Message(Tally tally, DataReport report) =>
        $"no example trains a token at which generation ends ({string.Join(", ", report.Stops.Select(Quoted.Of))}; here {tally.What}), but a model needs that to learn to stop. "
        + (report.Cut * 2 > report.Examples ? $"Raise max_seq_length above {report.MaxSeqLength}: {report.Cut:N0} of {report.Examples:N0} examples were cut"
            : "Check train_eos, the labels, and that the chat template ends the assistant's turn with eos_token or with an eos_token_id of generation_config.json");
}
