namespace PureLora;

/// <summary>
/// Special tokens that are written in a user's text become the tokens themselves. In chats and instructions any one stops the run;
/// texts, prompts and completions may be written out with a template's marks, so there it stops only when fewer than half have some.
/// </summary>
sealed class SpecialInText() : Check("special-in-text")
{
    public override string? Look(Encoded example, Vocabulary vocabulary)
    {
        foreach (var text in example.Texts)
            if (text.AsSpan().IndexOfAny(vocabulary.SpecialTexts) is var at and >= 0)
                return $"{Quoted.Of(text[at..Math.Min(text.Length, at + 24)])}, at character {at + 1} of {Quoted.Of(text)}";
        return null;
    }

    public override bool Stops(long count, DataReport report) => count > 0 && (report.Chats > 0 || count * 2 < report.Examples);

    public override string Message(Tally tally, DataReport report) =>
        $"a special token is written in the text of {Spelling.Count(tally.Count, "example")} of {report.Examples:N0} ({tally.What}), but a text needs words alone: it becomes the token itself. "
        + "Take it out of the text, or break it up with a space";
}
