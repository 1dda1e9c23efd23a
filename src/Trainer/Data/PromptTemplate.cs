namespace PureLora;

/// <summary>
/// Text around a prompt: every <c>{prompt}</c> in the template becomes the prompt, with its input, if it has one, two lines below.
/// The template <c>alpaca</c> is the words that Stanford Alpaca put around an instruction and its input. Training and generation share it.
/// </summary>
public sealed class PromptTemplate
{
    /// <summary>The template that adds nothing.</summary>
    public const string Plain = "{prompt}";

    /// <summary>The name of the words of Alpaca.</summary>
    public const string Alpaca = "alpaca";

    const string AlpacaAlone = "Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n### Instruction:\n{prompt}\n\n### Response:\n";

    const string AlpacaWithInput = "Below is an instruction that describes a task, paired with an input that provides further context. "
        + "Write a response that appropriately completes the request.\n\n### Instruction:\n{prompt}\n\n### Input:\n{input}\n\n### Response:\n";

    readonly string template;

    /// <exception cref="UsageException">The template has no place for the prompt.</exception>
    public PromptTemplate(string template)
    {
        if (template != Alpaca && !template.Contains(Plain, StringComparison.Ordinal))
            throw new UsageException($"prompt_template: the template is {Quoted.Of(template)}, but a prompt needs a place in it. Put {Plain} where the prompt goes.");
        this.template = template;
    }

    /// <summary>The template with <paramref name="prompt"/> in place; braces inside the prompt are left alone.</summary>
    public string Fill(string prompt, string input = "")
    {
        if (template != Alpaca)
            return template.Replace(Plain, input.Length == 0 ? prompt : $"{prompt}\n\n{input}", StringComparison.Ordinal);
        if (input.Length == 0)
            return AlpacaAlone.Replace(Plain, prompt, StringComparison.Ordinal);
        var at = AlpacaWithInput.IndexOf("{input}", StringComparison.Ordinal);
        return AlpacaWithInput[..at].Replace(Plain, prompt, StringComparison.Ordinal) + input + AlpacaWithInput[(at + "{input}".Length)..];
    }
}
