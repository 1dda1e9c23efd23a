namespace PureLora;

/// <summary>Turns are told apart by rendering the chat's beginnings, which misleads where a template writes an earlier turn otherwise later on. Any one stops the run.</summary>
sealed class NotPrefixPreserving() : Check(CheckName)
{
    public const string CheckName = "template-not-prefix-preserving";

    public override string? Look(Encoded example, Vocabulary vocabulary) => example.NotPrefix;

    public override string Message(Tally tally, DataReport report) =>
        $"the chat template is not prefix-preserving in {Spelling.Count(tally.Count, "example")} of {report.Examples:N0} ({tally.What}), but telling the assistant's turns apart needs it. "
        + "Set train_on to last, or use a template that marks the assistant's turns with {% generation %}; if it is allowed, such turns are not trained";
}
