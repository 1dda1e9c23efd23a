namespace PureLora;

/// <summary>
/// Records as ids and labels. <c>prompt, completion</c> becomes BOS, prompt, completion, EOS with the completion and
/// EOS trained; <c>text</c> becomes BOS, text, EOS, all trained; BOS is there if the tokenizer adds it.
/// Prompt and completion are tokenized apart and their ids joined, so the mask is exact.
/// </summary>
public sealed class ExampleSet
{
    /// <summary>The examples that are left, in file order, each with at least one trained token.</summary>
    public IReadOnlyList<Example> Examples { get; }

    /// <summary>How many of <see cref="Examples"/> lost their end, since they were longer than max_seq_length.</summary>
    public int Truncated { get; }

    /// <summary>How many records were left out, since no trained token was within max_seq_length.</summary>
    public int Dropped { get; }

    /// <summary>One sentence for each thing that was done to the data and that a person should know.</summary>
    public IReadOnlyList<string> Warnings { get; }

    ExampleSet(IReadOnlyList<Example> examples, int truncated, int dropped, IReadOnlyList<string> warnings) =>
        (Examples, Truncated, Dropped, Warnings) = (examples, truncated, dropped, warnings);

    /// <summary>Examples that were made, not read.</summary>
    internal static ExampleSet Of(IReadOnlyList<Example> examples) => new(examples, 0, 0, []);

    /// <summary>Reads and tokenizes a JSON Lines file.</summary>
    /// <inheritdoc cref="Tokenize"/>
    public static ExampleSet Read(string file, Vocabulary vocabulary, int maxSeqLength, string promptTemplate = PromptTemplate.Plain) =>
        Tokenize(file, JsonLines.Read(file), vocabulary, maxSeqLength, promptTemplate);

    /// <summary>
    /// Tokenizes <paramref name="records"/>. An example longer than <paramref name="maxSeqLength"/> loses its end; one
    /// with no trained token left is dropped; both are counted and told in <see cref="Warnings"/>.
    /// </summary>
    /// <exception cref="UsageException">max_seq_length or prompt_template has a value that cannot work.</exception>
    /// <exception cref="PureLoraException">The tokenizer has no EOS (or no BOS that it adds), or no example is left.</exception>
    public static ExampleSet Tokenize(string file, IReadOnlyList<TextRecord> records, Vocabulary vocabulary, int maxSeqLength, string promptTemplate = PromptTemplate.Plain)
    {
        if (maxSeqLength < 2)
            throw new UsageException($"max_seq_length: the value is {maxSeqLength}, but predicting a token needs at least 2. Raise it.");
        int eos = vocabulary.EosId ?? throw new PureLoraException($"{file}: the tokenizer's EOS token is none, but training needs one to end every example. Set eos_token in tokenizer_config.json.");
        if (vocabulary is { AddsBos: true, BosId: null })
            throw new PureLoraException($"{file}: the tokenizer's BOS token is none, but its add_bos_token needs one. Set bos_token in tokenizer_config.json.");
        var template = new PromptTemplate(promptTemplate);
        if (promptTemplate != PromptTemplate.Plain && records.Count > 0 && records[0].Prompt is null)
            throw new UsageException($"prompt_template: the template is {Quoted.Of(promptTemplate)}, but the records of {file} have no prompt and it needs one. Remove prompt_template or use records with \"prompt\" and \"completion\".");

        var kept = new List<Example>(records.Count);
        List<int> dropped = [];
        int truncated = 0, longest = 0, longestLine = 0, shortestUse = int.MaxValue;
        for (int i = 0; i < records.Count; i++)
        {
            var (whole, prompt) = Join(records[i], vocabulary, eos, template);
            if (whole.Length > longest)
                (longest, longestLine) = (whole.Length, records[i].Line);

            // The first token that the loss can count, and the length that an example needs to reach it.
            int firstTrained = Math.Max(prompt, 1), length = Math.Min(whole.Length, maxSeqLength);
            if (firstTrained < whole.Length)
                shortestUse = Math.Min(shortestUse, firstTrained + 1);
            if (firstTrained >= length)
            {
                dropped.Add(records[i].Line);
                continue;
            }
            if (length < whole.Length)
                truncated++;
            int[] ids = whole[..length];
            int[] labels = ids[..];
            labels.AsSpan(0, prompt).Fill(Example.Ignored);
            kept.Add(new Example(i, records[i].Line, ids, labels));
        }

        if (kept.Count == 0)
            throw new PureLoraException($"{file}: the number of examples with a trained token within max_seq_length {maxSeqLength} is 0, but training needs at least 1. "
                + (shortestUse == int.MaxValue ? "Check that the tokenizer knows the characters of this file." : $"Raise max_seq_length to {shortestUse} or more (the longest example has {longest} tokens)."));

        List<string> warnings = [];
        if (truncated > 0)
            warnings.Add($"{file}: {Count(truncated, records.Count)} longer than max_seq_length {maxSeqLength} and lost the end, EOS included (the longest has {longest} tokens, at line {longestLine}). Raise max_seq_length to train on the whole.");
        if (dropped.Count > 0)
            warnings.Add($"{file}: {Count(dropped.Count, records.Count)} left out, with no trained token within max_seq_length {maxSeqLength} ({Lines.Of(dropped)}). Raise max_seq_length or shorten the prompts to train on them.");
        return new ExampleSet(kept, truncated, dropped.Count, warnings);
    }

    /// <summary>All ids of a record, and how many of them, from the first, are not trained.</summary>
    static (int[] Ids, int Prompt) Join(TextRecord record, Vocabulary vocabulary, int eos, PromptTemplate template)
    {
        int[] bos = vocabulary.AddsBos ? [vocabulary.BosId!.Value] : [];
        int[] completion = vocabulary.Encode(record.Completion);
        if (record.Prompt is null)
            return ([.. bos, .. completion, eos], 0);
        int[] prompt = vocabulary.Encode(template.Fill(record.Prompt));
        return ([.. bos, .. prompt, .. completion, eos], bos.Length + prompt.Length);
    }

    static string Count(int some, int all) => $"{some} of {all} examples {(some == 1 ? "was" : "were")}";
}
