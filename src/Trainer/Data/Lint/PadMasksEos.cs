namespace PureLora;

/// <summary>
/// Data that was tokenized elsewhere with a padding token that is EOS, and whose labels were masked wherever padding stands: the
/// true EOS is then masked too. It stops the run when that is so in more than half of the examples.
/// </summary>
sealed class PadMasksEos() : Check("pad-masks-eos")
{
    public override string? Look(Encoded example, Vocabulary vocabulary)
    {
        if (vocabulary.EosId is not { } eos || (vocabulary.PadId is { } pad && pad != eos) || !example.Roles.AsSpan().Contains(Role.Text) || example.Texts.Count > 0)
            return null;
        var last = System.Array.LastIndexOf(example.Trained, true);
        return last >= 0 && last + 1 < example.Ids.Length && example.Ids[last + 1] == eos && example.Ids[last] != eos ? $"EOS at token {last + 2}, the padding token too, has the label {Example.Ignored}" : null;
    }

    public override bool Stops(long count, DataReport report) => count * 2 > report.Looked;

    public override string Message(Tally tally, DataReport report) =>
        $"EOS is masked as if it were padding in {Spelling.Count(tally.Count, "example")} of {report.Examples:N0} ({tally.What}), but a model needs to learn it to stop. "
        + "Make the labels from the text's own end, not from the padding token; or use another pad_token when tokenizing";
}
