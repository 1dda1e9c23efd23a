namespace PureLora;

/// <summary>
/// A pattern of a tokenizer.json, read as Oniguruma reads it: by code points, the leftmost match, alternatives in
/// their order. Its cost is counted in a <see cref="WorkLimit"/>.
/// </summary>
internal sealed class Pattern
{
    /// <summary>The split of GPT-2, which a ByteLevel pre-tokenizer with use_regex means.</summary>
    public static readonly Pattern Gpt2 = Of(@"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+");

    readonly PatternProgram program;

    Pattern(PatternProgram program) => this.program = program;

    /// <exception cref="FormatException">The pattern is broken or has what is not supported; the message says what.</exception>
    public static Pattern Of(string source) => new(PatternProgram.Of(PatternParser.Parse(source)));

    /// <summary>A text that stands for itself.</summary>
    public static Pattern Literal(string text)
    {
        var letters = text.EnumerateRunes().Select(rune => (PatternNode)new PatternNode.Single(CharSet.Of(rune.Value, rune.Value).Finish())).ToList();
        return new(PatternProgram.Of(new PatternNode.Series(letters)));
    }

    /// <summary>Reads <c>{"String": ..}</c> or <c>{"Regex": ..}</c>.</summary>
    public static Pattern Read(JsonPlace place)
    {
        bool isText = place.Find("String") is not null;
        var where = isText ? place.Need("String") : place.Need("Regex");
        try
        {
            return isText ? Literal(where.Text()) : Of(where.Text());
        }
        catch (FormatException e)
        {
            throw where.Unsupported($"a regular expression with {e.Message}", @"what Oniguruma reads, without groups that are used again");
        }
    }

    /// <summary>
    /// The text cut into matches and what lies between them, in order. A match may be empty, but not where the one
    /// before ended.
    /// </summary>
    public void Cut(ReadOnlySpan<char> text, WorkLimit limit, List<(int Start, int Length, bool Match)> into)
    {
        var run = new PatternRun(program, text, limit, stackalloc PatternChoice[32]);
        int done = 0, from = 0, last = -1;
        while (from <= text.Length && run.Find(from, out int start, out int end))
        {
            if (end == start && last == end)
            {
                from += from + 1 < text.Length && char.IsSurrogatePair(text[from], text[from + 1]) ? 2 : 1;
                continue;
            }
            if (start > done) into.Add((done, start - done, false));
            into.Add((start, end - start, true));
            done = from = last = end;
        }
        run.Report();
        if (done < text.Length) into.Add((done, text.Length - done, false));
    }
}
