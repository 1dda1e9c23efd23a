namespace PureLora.Jinja;

/// <summary>Operands: names, literals and brackets, and what follows them: attributes, elements, calls, filters and tests.</summary>
internal partial class ExpressionParser
{
    protected Expression Primary(bool withNamespace = false)
    {
        var token = stream.Current;
        switch (token.Kind)
        {
            case "name":
                stream.Next();
                if (token.Text is "true" or "True" or "false" or "False") return new Constant(token.Line, Value.Of(token.Text is "true" or "True"));
                if (token.Text is "none" or "None") return new Constant(token.Line, Value.None);
                if (withNamespace && stream.Skip("dot")) return new NamespaceAttribute(token.Line, token.Text, stream.Expect("name").Text);
                return new Name(token.Line, token.Text);
            case "string":
                var text = ((TextValue)stream.Next().Value!).Text;
                if (stream.Current.Kind == "string")
                {
                    var all = new System.Text.StringBuilder(text);
                    while (stream.Current.Kind == "string") all.Append(((TextValue)stream.Next().Value!).Text);
                    text = all.ToString();
                }
                return new Constant(token.Line, new TextValue(text));
            case "integer" or "float":
                return new Constant(token.Line, stream.Next().Value!);
            case "lparen":
                stream.Next();
                var inside = Nested(() => Tuple(brackets: true));
                stream.Expect("rparen");
                return inside;
            case "lbracket":
                return new ListLiteral(token.Line, Items("lbracket", "rbracket", () => Expression()));
            case "lbrace":
                return new DictLiteral(token.Line, Items("lbrace", "rbrace", () =>
                {
                    var key = Expression();
                    stream.Expect("colon");
                    return (key, Expression());
                }));
            default:
                throw PythonError.Syntax($"unexpected {TextRepr.Of(token.Described)}", token.Line);
        }
    }

    List<T> Items<T>(string open, string close, Func<T> item)
    {
        stream.Expect(open);
        var items = new List<T>();
        while (stream.Current.Kind != close)
        {
            if (items.Count > 0) stream.Expect("comma");
            if (stream.Current.Kind == close) break;
            items.Add(item());
        }
        stream.Expect(close);
        return items;
    }

    Expression Postfix(Expression node)
    {
        while (true)
        {
            int line = Line;
            if (stream.Skip("dot")) node = Dotted(node, line);
            else if (stream.Current.Kind == "lbracket") node = Subscript(node);
            else if (stream.Current.Kind == "lparen") node = new Call(line, node, CallArguments());
            else return node;
        }
    }

    Expression Filtered(Expression node)
    {
        while (true)
        {
            if (stream.Current.Kind == "pipe") node = Filter(node)!;
            else if (stream.Current.Is("name:is")) node = TestOf(node);
            else if (stream.Current.Kind == "lparen") node = new Call(Line, node, CallArguments());
            else return node;
        }
    }

    Expression Dotted(Expression node, int line)
    {
        var name = stream.Next();
        return name.Kind switch
        {
            "name" => new AttributeOf(line, node, name.Text),
            "integer" => new ElementOf(line, node, new Constant(name.Line, name.Value!)),
            _ => throw PythonError.Syntax("expected name or number", name.Line),
        };
    }

    Expression Subscript(Expression node)
    {
        int line = stream.Expect("lbracket").Line;
        var keys = new List<Expression>();
        while (stream.Current.Kind != "rbracket")
        {
            if (keys.Count > 0) stream.Expect("comma");
            var start = stream.Current.Kind == "colon" ? null : Expression();
            if (stream.Current.Kind != "colon")
            {
                keys.Add(start!);
                continue;
            }
            stream.Next();
            Expression? Part() => stream.Current.Kind is "colon" or "rbracket" or "comma" ? null : Expression();
            var stop = Part();
            var step = stream.Skip("colon") ? Part() : null;
            if (keys.Count > 0 || stream.Current.Kind == "comma") throw PythonError.Syntax("a slice stands beside other keys, which only arrays of other libraries have", line);
            stream.Expect("rbracket");
            return new SliceOf(line, node, start, stop, step);
        }
        stream.Expect("rbracket");
        return new ElementOf(line, node, keys.Count == 1 ? keys[0] : new TupleLiteral(line, keys));
    }

    protected CallArguments CallArguments()
    {
        int line = stream.Expect("lparen").Line;
        var positional = new List<Expression>();
        var named = new List<(string, Expression)>();
        Expression? more = null, moreNamed = null;
        void Ensure(bool fits)
        {
            if (!fits) throw PythonError.Syntax("invalid syntax for function call expression", line);
        }
        for (bool first = true; stream.Current.Kind != "rparen"; first = false)
        {
            if (!first) stream.Expect("comma");
            if (stream.Current.Kind == "rparen") break;
            if (stream.Current.Kind == "mul")
            {
                Ensure(more is null && moreNamed is null);
                stream.Next();
                more = Expression();
            }
            else if (stream.Current.Kind == "pow")
            {
                Ensure(moreNamed is null);
                stream.Next();
                moreNamed = Expression();
            }
            else if (stream.Current.Kind == "name" && stream.Look().Kind == "assign")
            {
                Ensure(moreNamed is null);
                string name = stream.Next().Text;
                stream.Next();
                if (named.Any(n => n.Item1 == name)) throw new PythonError("SyntaxError", $"keyword argument repeated: {name}") { Line = line };
                named.Add((name, Expression()));
            }
            else
            {
                Ensure(more is null && moreNamed is null && named.Count == 0);
                positional.Add(Expression());
            }
        }
        stream.Expect("rparen");
        return new CallArguments(positional, named, more, moreNamed);
    }

    /// <summary><c>|a|b</c> after a value, or after nothing where a block is filtered.</summary>
    protected Filter? Filter(Expression? node, bool startsInline = false)
    {
        while (stream.Current.Kind == "pipe" || startsInline)
        {
            if (!startsInline) stream.Next();
            startsInline = false;
            int line = Line;
            string name = DottedName();
            node = new Filter(line, node, name, stream.Current.Kind == "lparen" ? CallArguments() : Jinja.CallArguments.None);
        }
        return (Filter?)node;
    }

    string DottedName()
    {
        string name = stream.Expect("name").Text;
        while (stream.Skip("dot")) name += "." + stream.Expect("name").Text;
        return name;
    }

    Expression TestOf(Expression node)
    {
        int line = stream.Expect("name:is").Line;
        bool negated = stream.Skip("name:not");
        string name = DottedName();
        var arguments = Jinja.CallArguments.None;
        if (stream.Current.Kind == "lparen")
            arguments = CallArguments();
        else if (stream.Current.Kind is "name" or "string" or "integer" or "float" or "lbracket" or "lbrace" && !stream.Current.IsAny("name:else", "name:or", "name:and"))
        {
            if (stream.Current.Is("name:is")) throw PythonError.Syntax("You cannot chain multiple tests with is", Line);
            arguments = new CallArguments([Postfix(Primary())], [], null, null);
        }
        Expression test = new Test(line, node, name, arguments);
        return negated ? new Not(line, test) : test;
    }
}
