namespace PureLora.Jinja;

/// <summary>An error as Python or Jinja would raise it: the class's name and the message. The line is added where it is caught.</summary>
internal sealed class PythonError(string kind, string message) : Exception(message)
{
    public string Kind => kind;

    /// <summary>The line where it is known from the source, 0 where it is the one being run.</summary>
    public int Line { get; init; }

    public static PythonError Type(string message) => new("TypeError", message);

    public static PythonError Value(string message) => new("ValueError", message);

    public static PythonError Index(string message) => new("IndexError", message);

    public static PythonError Filter(string message) => new("FilterArgumentError", message);

    public static PythonError Syntax(string message, int line) => new("TemplateSyntaxError", message) { Line = line };

    public static PythonError Assertion(string message, int line) => new("TemplateAssertionError", message) { Line = line };

    /// <summary>A limit of this interpreter: <paramref name="what"/> would be more than <paramref name="limit"/>.</summary>
    public static PythonError Limit(string what, object limit) => new("LimitError", $"{what} would be more than {limit}");
}
