namespace PureLora.Jinja;

/// <summary>Jinja's expressions, from the loosest (<c>a if b else c</c>) to the tightest (names, literals, brackets).</summary>
internal partial class ExpressionParser(TokenStream stream)
{
    static readonly string[] comparisons = ["eq", "ne", "lt", "lteq", "gt", "gteq"];

    int depth;

    protected TokenStream Stream => stream;

    protected int Line => stream.Current.Line;

    /// <summary>Parses what may stand within itself, to a bounded depth.</summary>
    protected T Nested<T>(Func<T> parse)
    {
        if (++depth > Limits.SyntaxDepth) throw new PythonError("LimitError", $"the depth of an expression or block would be more than {Limits.SyntaxDepth}") { Line = Line };
        Run.Descend();
        var node = parse();
        depth--;
        return node;
    }

    protected Expression Expression(bool withCondition = true) => withCondition ? Nested(Condition) : Or();

    Expression Condition()
    {
        int line = Line;
        var value = Or();
        while (stream.Skip("name:if"))
        {
            var test = Or();
            value = new Conditional(line, test, value, stream.Skip("name:else") ? Nested(Condition) : null);
            line = Line;
        }
        return value;
    }

    Expression Or()
    {
        int line = Line;
        var left = And();
        for (; stream.Skip("name:or"); line = Line) left = new Logical(line, isAnd: false, left, And());
        return left;
    }

    Expression And()
    {
        int line = Line;
        var left = Negation();
        for (; stream.Skip("name:and"); line = Line) left = new Logical(line, isAnd: true, left, Negation());
        return left;
    }

    Expression Negation()
    {
        int line = Line;
        return stream.Skip("name:not") ? new Not(line, Nested(Negation)) : Comparison();
    }

    Expression Comparison()
    {
        int line = Line;
        var first = Sum();
        var rest = new List<(string, Expression)>();
        while (true)
        {
            string op;
            if (comparisons.Contains(stream.Current.Kind)) op = stream.Next().Text;
            else if (stream.Skip("name:in")) op = "in";
            else if (stream.Current.Is("name:not") && stream.Look().Is("name:in"))
            {
                stream.Next();
                stream.Next();
                op = "not in";
            }
            else break;
            rest.Add((op, Sum()));
            line = Line;
        }
        return rest.Count == 0 ? first : new Compare(line, first, rest);
    }

    Expression Sum() => Left(["add", "sub"], Concatenated);

    Expression Concatenated()
    {
        int line = Line;
        var parts = new List<Expression> { Product() };
        while (stream.Skip("tilde")) parts.Add(Product());
        return parts.Count == 1 ? parts[0] : new Concatenation(line, parts);
    }

    Expression Product() => Left(["mul", "div", "floordiv", "mod"], () => Left(["pow"], () => Signed(withFilters: true)));

    Expression Left(string[] kinds, Func<Expression> operand)
    {
        int line = Line;
        var left = operand();
        while (kinds.Contains(stream.Current.Kind))
        {
            string op = stream.Next().Text;
            left = new Binary(line, op, left, operand());
            line = Line;
        }
        return left;
    }

    Expression Signed(bool withFilters)
    {
        int line = Line;
        Expression node = stream.Current.Kind is "sub" or "add"
            ? new Unary(line, stream.Next().Text, Nested(() => Signed(withFilters: false)))
            : Primary();
        node = Postfix(node);
        return withFilters ? Filtered(node) : node;
    }

    /// <summary>One expression, or several with commas between them. Without brackets it may not be empty.</summary>
    protected Expression Tuple(bool simple = false, bool withCondition = true, bool brackets = false, bool withNamespace = false)
    {
        int line = Line;
        var items = new List<Expression>();
        bool isTuple = false;
        while (true)
        {
            if (items.Count > 0) stream.Expect("comma");
            if (stream.Current.Kind is "variable_end" or "block_end" or "rparen") break;
            items.Add(simple ? Primary(withNamespace) : Expression(withCondition));
            if (stream.Current.Kind != "comma") break;
            isTuple = true;
            line = Line;
        }
        if (!isTuple && items.Count > 0) return items[0];
        if (!isTuple && !brackets) throw PythonError.Syntax($"Expected an expression, got {TextRepr.Of(stream.Current.Described)}", Line);
        return new TupleLiteral(line, items);
    }
}
