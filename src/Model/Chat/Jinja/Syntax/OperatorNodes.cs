using System.Text;

namespace PureLora.Jinja;

/// <summary>Arithmetic on two values.</summary>
internal sealed class Binary(int line, string op, Expression left, Expression right) : Expression(line, left, right)
{
    public override Value Evaluate(Run run, Slots slots)
    {
        run.Step();
        return Arithmetic.Binary(run, op, left.Evaluate(run, slots), right.Evaluate(run, slots));
    }
}

/// <summary><c>-a</c>, <c>+a</c>.</summary>
internal sealed class Unary(int line, string op, Expression operand) : Expression(line, operand)
{
    public override Value Evaluate(Run run, Slots slots) => Arithmetic.Unary(op, operand.Evaluate(run, slots));
}

/// <summary><c>not a</c>.</summary>
internal sealed class Not(int line, Expression operand) : Expression(line, operand)
{
    public override Value Evaluate(Run run, Slots slots) => Value.Of(!operand.Evaluate(run, slots).Truth);
}

/// <summary><c>a and b</c>, <c>a or b</c>: one of the two, as in Python.</summary>
internal sealed class Logical(int line, bool isAnd, Expression left, Expression right) : Expression(line, left, right)
{
    public override Value Evaluate(Run run, Slots slots)
    {
        run.Step();
        var value = left.Evaluate(run, slots);
        return value.Truth == isAnd ? right.Evaluate(run, slots) : value;
    }
}

/// <summary><c>a ~ b ~ c</c>: all as one text.</summary>
internal sealed class Concatenation(int line, IReadOnlyList<Expression> parts) : Expression(line, parts)
{
    public override Value Evaluate(Run run, Slots slots)
    {
        var values = ListLiteral.Values(run, slots, parts);
        bool markup = run.Escapes && values.Any(v => v is TextValue { IsMarkup: true });
        var text = new StringBuilder();
        foreach (var value in values) run.Write(text, markup ? Texts.Escaped(run, value).Text : Printer.Str(run, value));
        return new TextValue(text.ToString(), markup);
    }
}

/// <summary><c>a &lt; b &lt;= c</c>, where each value is computed once and the first false one ends it.</summary>
internal sealed class Compare(int line, Expression first, IReadOnlyList<(string Op, Expression Right)> rest) : Expression(line, rest.Select(r => r.Right).Prepend(first))
{
    public override Value Evaluate(Run run, Slots slots)
    {
        var left = first.Evaluate(run, slots);
        foreach (var (op, node) in rest)
        {
            var right = node.Evaluate(run, slots);
            run.Step(Math.Min(left.Weight, right.Weight));
            if (!Holds(run, op, left, right)) return BoolValue.False;
            left = right;
        }
        return BoolValue.True;
    }

    static bool Holds(Run run, string op, Value left, Value right) => op switch
    {
        "==" => Comparison.Equal(left, right),
        "!=" => !Comparison.Equal(left, right),
        "in" => Comparison.Contains(run, right, left),
        "not in" => !Comparison.Contains(run, right, left),
        _ => Comparison.Ordered(op, left, right),
    };
}

/// <summary><c>a if test else b</c>.</summary>
internal sealed class Conditional(int line, Expression test, Expression then, Expression? otherwise) : Expression(line, test, then, otherwise)
{
    public override void Bind(Frame frame) => base.Bind(frame.Conditional());

    public override Value Evaluate(Run run, Slots slots)
    {
        run.Step();
        if (test.Evaluate(run, slots).Truth) return then.Evaluate(run, slots);
        return otherwise?.Evaluate(run, slots)
            ?? UndefinedValue.Because($"the inline if-expression on line {Line} evaluated to false and no else section was defined.");
    }
}

/// <summary><c>a.name</c>.</summary>
internal sealed class AttributeOf(int line, Expression of, string name) : Expression(line, of)
{
    public override Value Evaluate(Run run, Slots slots)
    {
        run.Step();
        return Access.Attribute(run, of.Evaluate(run, slots), name);
    }
}

/// <summary><c>a[key]</c>, <c>a.0</c>.</summary>
internal sealed class ElementOf(int line, Expression of, Expression key) : Expression(line, of, key)
{
    public override Value Evaluate(Run run, Slots slots)
    {
        run.Step();
        return Access.Element(run, of.Evaluate(run, slots), key.Evaluate(run, slots));
    }
}

/// <summary><c>a[start:stop:step]</c>.</summary>
internal sealed class SliceOf(int line, Expression of, Expression? start, Expression? stop, Expression? step) : Expression(line, of, start, stop, step)
{
    public override Value Evaluate(Run run, Slots slots)
    {
        run.Step();
        return Access.Slice(run, of.Evaluate(run, slots), start?.Evaluate(run, slots), stop?.Evaluate(run, slots), step?.Evaluate(run, slots));
    }
}
