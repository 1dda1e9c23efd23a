namespace PureLora.Jinja;

/// <summary>A template's statements.</summary>
internal sealed class Parser(TokenStream stream) : ExpressionParser(stream)
{
    readonly List<string> tags = [];
    readonly List<string[]> ends = [];

    public static List<Statement> Parse(string template) => new Parser(new TokenStream(new Lexer(template).Tokens())).Statements([]);

    /// <summary>Statements up to a tag that ends them, which is left to be read; or to the template's end.</summary>
    List<Statement> Statements(string[] until)
    {
        var body = new List<Statement>();
        var output = new List<Expression>();
        void Flush()
        {
            if (output.Count == 0) return;
            body.Add(new Output(output[0].Line, [.. output]));
            output.Clear();
        }
        if (until.Length > 0) ends.Add(until);
        while (Stream.Current.Kind != "eof")
        {
            var token = Stream.Next();
            if (token.Kind == "data") output.Add(new TemplateText(token.Line, Lexer.Newlines(token.Text)));
            else if (token.Kind == "variable_begin")
            {
                output.Add(Tuple());
                Stream.Expect("variable_end");
            }
            else
            {
                Flush();
                if (Stream.Current.IsAny(until))
                {
                    ends.RemoveAt(ends.Count - 1);
                    return body;
                }
                body.Add(Nested(Statement));
                Stream.Expect("block_end");
            }
        }
        Flush();
        if (until.Length > 0) throw UnexpectedEnd(null, Line);
        return body;
    }

    /// <summary>The body of a tag whose end tag is one of <paramref name="until"/>; the end tag's word is the current token then.</summary>
    List<Statement> Body(params string[] until)
    {
        Stream.Skip("colon");
        Stream.Expect("block_end");
        return Statements(until);
    }

    List<Statement> BodyTo(string end)
    {
        var body = Body($"name:{end}");
        Stream.Next();
        return body;
    }

    PythonError UnexpectedEnd(string? name, int line)
    {
        string? looking = ends.Count == 0 ? null : string.Join(" or ", ends[^1].Select(e => TextRepr.Of(Token.Describe(e))));
        var message = new List<string> { name is null ? "Unexpected end of template." : $"Encountered unknown tag {TextRepr.Of(name)}." };
        if (looking is not null)
            message.Add(name is not null && ends.Any(e => e.Select(Token.Describe).Contains(name))
                ? $"You probably made a nesting mistake. Jinja is expecting this tag, but currently looking for {looking}."
                : $"Jinja was looking for the following tags: {looking}.");
        if (tags.Count > 0) message.Add($"The innermost block that needs to be closed is {TextRepr.Of(tags[^1])}.");
        return PythonError.Syntax(string.Join(" ", message), line);
    }

    Statement Statement()
    {
        var token = Stream.Current;
        if (token.Kind != "name") throw PythonError.Syntax("tag name expected", token.Line);
        tags.Add(token.Text);
        Statement? statement = token.Text switch
        {
            "for" => ForLoop(),
            "if" => Choice(),
            "set" => Set(),
            "macro" => MacroDefinition(),
            "call" => CallStatement(),
            "filter" => FilterStatement(),
            "with" => WithStatement(),
            "block" => BlockStatement(),
            "print" => Print(),
            "generation" => GenerationStatement(),
            "break" => new Jump(Stream.Next().Line, Flow.Break),
            "continue" => new Jump(Stream.Next().Line, Flow.Continue),
            "autoescape" => new AutoEscape(Stream.Next().Line, Expression(), BodyTo("endautoescape")),
            "extends" or "include" or "import" or "from" => Other(),
            _ => null,
        };
        tags.RemoveAt(tags.Count - 1);
        return statement ?? throw UnexpectedEnd(token.Text, token.Line);
    }

    Statement ForLoop()
    {
        int line = Stream.Next().Line;
        var target = AssignTarget();
        Stream.Expect("name:in");
        var items = Tuple(withCondition: false);
        var test = Stream.Skip("name:if") ? Expression() : null;
        bool recursive = Stream.Skip("name:recursive");
        var body = Body("name:endfor", "name:else");
        List<Statement> otherwise = Stream.Next().Text == "else" ? BodyTo("endfor") : [];
        return new For(line, target, items, body, otherwise, test, recursive);
    }

    If Choice()
    {
        int line = Stream.Next().Line;
        var test = Tuple(withCondition: false);
        var body = Body("name:elif", "name:else", "name:endif");
        var elifs = new List<If>();
        string word;
        while ((word = Stream.Next().Text) == "elif")
        {
            int at = Line;
            elifs.Add(new If(at, Tuple(withCondition: false), Body("name:elif", "name:else", "name:endif"), [], []));
        }
        return new If(line, test, body, elifs, word == "else" ? BodyTo("endif") : []);
    }

    Statement Set()
    {
        int line = Stream.Next().Line;
        var target = AssignTarget(withNamespace: true);
        if (Stream.Skip("assign")) return new Assign(line, target, Tuple());
        var filter = Filter(null);
        return new AssignBlock(line, target, filter, BodyTo("endset"));
    }

    Expression AssignTarget(bool withNamespace = false)
    {
        var target = Tuple(simple: true, withNamespace: withNamespace);
        MarkTarget(target);
        return target;
    }

    static void MarkTarget(Expression target)
    {
        switch (target)
        {
            case Name name: name.IsTarget = true; break;
            case NamespaceAttribute: break;
            case TupleLiteral tuple: foreach (var item in tuple.Items) MarkTarget(item); break;
            default: throw PythonError.Syntax($"can't assign to '{target switch { Constant => "const", ListLiteral => "list", DictLiteral => "dict", _ => target.GetType().Name.ToLowerInvariant() }}'", target.Line);
        }
    }

    Name TargetName()
    {
        var token = Stream.Expect("name");
        if (token.Text is "true" or "True" or "false" or "False" or "none" or "None") throw PythonError.Syntax("can't assign to 'name'", token.Line);
        return new Name(token.Line, token.Text) { IsTarget = true };
    }

    Statement MacroDefinition()
    {
        int line = Stream.Next().Line;
        string name = TargetName().Text;
        var parameters = Parameters();
        return new Macro(line, name, new MacroBody(line, name, parameters, BodyTo("endmacro")));
    }

    List<(Name, Expression?)> Parameters()
    {
        var parameters = new List<(Name, Expression?)>();
        bool optional = false;
        Stream.Expect("lparen");
        while (Stream.Current.Kind != "rparen")
        {
            if (parameters.Count > 0) Stream.Expect("comma");
            var name = TargetName();
            var otherwise = Stream.Skip("assign") ? Expression() : null;
            if (otherwise is null && optional) throw PythonError.Syntax("non-default argument follows default argument", Line);
            optional = otherwise is not null;
            parameters.Add((name, otherwise));
        }
        Stream.Expect("rparen");
        return parameters;
    }

    Statement CallStatement()
    {
        int line = Stream.Next().Line;
        var parameters = Stream.Current.Kind == "lparen" ? Parameters() : [];
        var call = Expression() as Call ?? throw PythonError.Syntax("expected call", line);
        return new CallBlock(line, call, new MacroBody(line, null, parameters, BodyTo("endcall")));
    }

    Statement GenerationStatement()
    {
        int line = Stream.Next().Line;
        return new Generation(line, new MacroBody(line, null, [], BodyTo("endgeneration")));
    }

    Statement FilterStatement()
    {
        int line = Stream.Next().Line;
        var filter = Filter(null, startsInline: true)!;
        return new FilterBlock(line, filter, BodyTo("endfilter"));
    }

    Statement WithStatement()
    {
        int line = Stream.Next().Line;
        var values = new List<(Expression, Expression)>();
        while (Stream.Current.Kind != "block_end")
        {
            if (values.Count > 0) Stream.Expect("comma");
            var target = AssignTarget();
            Stream.Expect("assign");
            values.Add((target, Expression()));
        }
        return new With(line, values, BodyTo("endwith"));
    }

    Statement BlockStatement()
    {
        int line = Stream.Next().Line;
        string name = Stream.Expect("name").Text;
        bool scoped = Stream.Skip("name:scoped"), required = Stream.Skip("name:required");
        if (Stream.Current.Kind == "sub")
            throw PythonError.Syntax("Block names in Jinja have to be valid Python identifiers and may not contain hyphens, use an underscore instead.", Line);
        var body = BodyTo("endblock");
        if (required && body.Any(s => s is not Output || s.Children.Any(c => c is not TemplateText text || !text.Text.All(l => CodePoints.IsSpace(l)))))
            throw PythonError.Syntax("Required blocks can only contain comments or whitespace", Line);
        Stream.Skip($"name:{name}");
        return new Block(line, name, scoped, required, body);
    }

    Statement Print()
    {
        int line = Stream.Next().Line;
        var parts = new List<Expression>();
        while (Stream.Current.Kind != "block_end")
        {
            if (parts.Count > 0) Stream.Expect("comma");
            parts.Add(Expression());
        }
        return new Output(line, parts);
    }

    Statement Other()
    {
        string tag = Stream.Current.Text;
        int line = Stream.Next().Line;
        var template = Expression();
        var names = new List<Name>();
        if (tag == "include" && Stream.Current.Is("name:ignore") && Stream.Look().Is("name:missing"))
        {
            Stream.Next();
            Stream.Next();
        }
        if (tag == "import")
        {
            Stream.Expect("name:as");
            names.Add(TargetName());
        }
        else if (tag == "from")
            Imported(names);
        if (tag != "extends") WithContext();
        return new OtherTemplate(line, template, names);
    }

    void Imported(List<Name> names)
    {
        Stream.Expect("name:import");
        do
        {
            if (names.Count > 0 && WithContext()) return;
            var name = TargetName();
            if (name.Text.StartsWith('_')) throw PythonError.Assertion("names starting with an underline can not be imported", name.Line);
            names.Add(Stream.Skip("name:as") ? TargetName() : name);
        }
        while (!WithContext() && Stream.Skip("comma"));
    }

    bool WithContext()
    {
        if (!Stream.Current.IsAny("name:with", "name:without") || !Stream.Look().Is("name:context")) return false;
        Stream.Next();
        Stream.Next();
        return true;
    }
}
