namespace PureLora;

/// <summary>A template that cannot be read or that fails on a conversation, with the line it stands in.</summary>
public sealed class ChatTemplateException : PureLoraException
{
    internal ChatTemplateException(string where, int line, string kind, string raised, string advice)
        : base($"{where}: line {line}: {kind}: {OneLine(raised)}{(raised.EndsWith('.') ? "" : ".")} {advice}")
    {
        Line = line;
        Kind = kind;
        Raised = raised;
    }

    /// <summary>The line of the template, from 1.</summary>
    public int Line { get; }

    /// <summary>Jinja's or Python's name for the error (<c>UndefinedError</c>, <c>TypeError</c>), or <c>LimitError</c>.</summary>
    public string Kind { get; }

    /// <summary>What the template or the interpreter said, such as <c>'messages' is undefined</c>.</summary>
    public string Raised { get; }

    static string OneLine(string text)
    {
        const int longest = 500;
        text = text.Replace("\r", "\\r").Replace("\n", "\\n");
        return text.Length > longest ? text[..longest] + "..." : text;
    }
}
