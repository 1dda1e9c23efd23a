namespace PureLora;

/// <summary>
/// Special tokens that are written in a user's text become the tokens themselves. In chats and instructions any one stops the run;
/// texts, prompts and completions may be written out with a template's marks, so there it stops only when fewer than half have some.
/// </summary>
/// <param name="inChats">Which of the two it looks at.</param>
sealed class SpecialInText(bool inChats) : Check("special-in-text")
{
    public override string? Look(Encoded example, Vocabulary vocabulary)
    {
        if (example.IsChat != inChats)
            return null;
        foreach (var text in example.Texts)
            if (text.AsSpan().IndexOfAny(vocabulary.SpecialTexts) is var at and >= 0)
                return $"{Quoted.Of(text[at..Math.Min(text.Length, at + 24)])}, at character {at + 1} of {Quoted.Of(text)}";
        return null;
    }

    public override bool Stops(long count, DataReport report) => count > 0 && (inChats || count * 2 < report.Looked - report.Chats);

    public override string Message(Tally tally, DataReport report) =>
        $"a special token is written in the text of {Spelling.Count(tally.Count, "example")} of {report.Examples:N0} ({tally.What}), but a text needs words alone: it becomes the token itself. "
        + "Take it out of the text, or break it up with a space";
}
