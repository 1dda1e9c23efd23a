namespace PureLora.Jinja;

/// <summary>A piece of a template. Kinds are named as Jinja names them in its errors: <c>name</c>, <c>block_end</c>, <c>lparen</c>.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Text">A name, an operator, or template text; empty where the kind says it all.</param>
/// <param name="Value">What a literal stands for.</param>
internal readonly record struct Token(int Line, string Kind, string Text, Value? Value = null)
{
    public static readonly Dictionary<string, string> Operators =
        "+ add - sub / div // floordiv * mul % mod ** pow ~ tilde [ lbracket ] rbracket ( lparen ) rparen { lbrace } rbrace == eq != ne > gt >= gteq < lt <= lteq = assign . dot : colon | pipe , comma ; semicolon"
            .Split(' ').Chunk(2).ToDictionary(pair => pair[0], pair => pair[1]);

    static readonly Dictionary<string, string> described = new(Operators.Select(o => KeyValuePair.Create(o.Value, o.Key)))
    {
        ["block_begin"] = "begin of statement block",
        ["block_end"] = "end of statement block",
        ["variable_begin"] = "begin of print statement",
        ["variable_end"] = "end of print statement",
        ["data"] = "template data / text",
        ["eof"] = "end of template",
    };

    /// <summary>Whether it is of a kind, or with <c>name:if</c> that word.</summary>
    public bool Is(string expression) =>
        Kind == expression || Kind == "name" && expression.StartsWith("name:", StringComparison.Ordinal) && expression.AsSpan(5).SequenceEqual(Text);

    public bool IsAny(params ReadOnlySpan<string> expressions)
    {
        foreach (string expression in expressions)
            if (Is(expression)) return true;
        return false;
    }

    public string Described => Kind == "name" ? Text : described.GetValueOrDefault(Kind, Kind);

    /// <summary>How an error names what was expected.</summary>
    public static string Describe(string expression) =>
        expression.StartsWith("name:", StringComparison.Ordinal) ? expression[5..] : described.GetValueOrDefault(expression, expression);
}
