namespace PureLora;

/// <summary>An example without a trained token teaches nothing. Any one stops the run.</summary>
sealed class NothingTrained() : Check("nothing-trained")
{
    public override string? Look(Encoded example, Vocabulary vocabulary) =>
        example.TrainedTokens > 0 ? null
        : example.FirstTrained < example.WholeLength ? $"its first trained token is number {example.FirstTrained + 1}"
        : example.WholeLength < 2 ? "it has no token that another one precedes" : "its mask leaves none";

    public override string Message(Tally tally, DataReport report) =>
        $"the number of trained tokens within max_seq_length {report.MaxSeqLength} is 0 in {Spelling.Count(tally.Count, "example")} of {report.Examples:N0} ({tally.What} here), but training needs at least 1. "
        + (report.ShortestUse <= report.MaxSeqLength ? "Raise max_seq_length, set truncation_side to left or drop, or correct train_on and the flags of messages" : $"Raise max_seq_length to {report.ShortestUse} or more, or set truncation_side to left");
}
