namespace PureLora;

/// <summary>Text around a prompt: every <c>{prompt}</c> in the template becomes the prompt. Training and generation share it.</summary>
public sealed class PromptTemplate
{
    /// <summary>The template that adds nothing.</summary>
    public const string Plain = "{prompt}";

    readonly string _template;

    /// <exception cref="UsageException">The template has no place for the prompt.</exception>
    public PromptTemplate(string template)
    {
        if (!template.Contains(Plain, StringComparison.Ordinal))
            throw new UsageException($"prompt_template: the template is {Quoted.Of(template)}, but a prompt needs a place in it. Put {Plain} where the prompt goes.");
        _template = template;
    }

    /// <summary>The template with <paramref name="prompt"/> in place; braces inside the prompt are left alone.</summary>
    public string Fill(string prompt) => _template.Replace(Plain, prompt, StringComparison.Ordinal);
}
