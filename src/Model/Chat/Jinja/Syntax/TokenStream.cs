namespace PureLora.Jinja;

/// <summary>Tokens one by one, with a look at the next.</summary>
internal sealed class TokenStream
{
    readonly IEnumerator<Token> tokens;
    Token? ahead;

    public TokenStream(IEnumerable<Token> tokens)
    {
        this.tokens = tokens.GetEnumerator();
        Current = new Token(1, "initial", "");
        Next();
    }

    public Token Current { get; private set; }

    /// <summary>Moves on, and returns where it was.</summary>
    public Token Next()
    {
        var was = Current;
        if (ahead is { } known) (Current, ahead) = (known, null);
        else if (was.Kind != "eof") Current = tokens.MoveNext() ? tokens.Current : new Token(was.Line, "eof", "");
        return was;
    }

    public Token Look()
    {
        if (ahead is null)
        {
            var was = Next();
            (ahead, Current) = (Current, was);
        }
        return ahead.Value;
    }

    public bool Skip(string expression)
    {
        if (!Current.Is(expression)) return false;
        Next();
        return true;
    }

    public Token Expect(string expression)
    {
        if (Current.Is(expression)) return Next();
        string expected = TextRepr.Of(Token.Describe(expression));
        throw PythonError.Syntax(Current.Kind == "eof"
            ? $"unexpected end of template, expected {expected}."
            : $"expected token {expected}, got {TextRepr.Of(Current.Described)}", Current.Line);
    }
}
