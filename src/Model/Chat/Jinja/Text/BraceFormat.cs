using System.Text;

namespace PureLora.Jinja;

/// <summary><c>text.format(...)</c>: replacement fields with attributes, elements, conversions and specifications.</summary>
internal sealed class BraceFormat(Run run, Value[] positional, Func<string, Value?> keyword)
{
    int automatic;
    bool manual;

    /// <param name="text">The format.</param>
    /// <param name="depth">How far fields may stand within specifications: 2, as in Python.</param>
    public string Apply(string text, int depth = 2)
    {
        if (depth < 0) throw PythonError.Value("Max string recursion exceeded");
        var to = new StringBuilder();
        for (int at = 0; at < text.Length;)
        {
            char c = text[at++];
            if (c is not ('{' or '}'))
            {
                int end = text.AsSpan(at).IndexOfAny('{', '}');
                end = end < 0 ? text.Length : at + end;
                run.Write(to, text[(at - 1)..end]);
                at = end;
            }
            else if (at < text.Length && text[at] == c)
            {
                to.Append(c);
                at++;
            }
            else if (c == '}')
                throw PythonError.Value("Single '}' encountered in format string");
            else
                run.Write(to, Field(text, ref at, depth));
        }
        return to.ToString();
    }

    string Field(string text, ref int at, int depth)
    {
        if (at == text.Length) throw PythonError.Value("Single '{' encountered in format string");
        int start = at, open = 1;
        for (; at < text.Length && open > 0; at++) open += text[at] == '{' ? 1 : text[at] == '}' ? -1 : 0;
        if (open > 0) throw PythonError.Value("expected '}' before end of string");
        string field = text[start..(at - 1)];
        int mark = NameEnd(field);
        string name = field[..mark], rest = field[mark..];
        char? conversion = null;
        if (rest.StartsWith('!'))
        {
            if (rest.Length < 2) throw PythonError.Value("end of string while looking for conversion specifier");
            conversion = rest[1];
            rest = rest[2..];
            if (rest.Length > 0 && rest[0] != ':') throw PythonError.Value("expected ':' after conversion specifier");
        }
        var value = Look(name);
        value = conversion switch
        {
            null => value,
            's' => new TextValue(Printer.Str(run, value)),
            'r' => new TextValue(Printer.Repr(run, value)),
            'a' => new TextValue(FormatSpec.Ascii(Printer.Repr(run, value))),
            _ => throw PythonError.Value($"Unknown conversion specifier {conversion}"),
        };
        string spec = rest.StartsWith(':') ? Apply(rest[1..], depth - 1) : "";
        return spec.Length == 0 ? Printer.Str(run, value) : FormatSpec.Apply(run, value, spec);
    }

    /// <summary>Where the name ends and <c>!</c> or <c>:</c> begins; brackets hide both.</summary>
    static int NameEnd(string field)
    {
        bool bracket = false;
        for (int i = 0; i < field.Length; i++)
        {
            if (field[i] == '[') bracket = true;
            else if (field[i] == ']') bracket = false;
            else if (!bracket && field[i] is '!' or ':') return i;
        }
        return field.Length;
    }

    Value Look(string name)
    {
        int end = name.AsSpan().IndexOfAny('.', '[');
        string first = end < 0 ? name : name[..end], rest = end < 0 ? "" : name[end..];
        var value = First(first);
        for (int at = 0; at < rest.Length;)
        {
            if (rest[at] == '.')
            {
                int stop = rest.AsSpan(at + 1).IndexOfAny('.', '[');
                string attribute = stop < 0 ? rest[(at + 1)..] : rest[(at + 1)..(at + 1 + stop)];
                if (attribute.Length == 0) throw PythonError.Value("Empty attribute in format string");
                value = Access.Attribute(run, value, attribute);
                at += 1 + attribute.Length;
            }
            else
            {
                int close = rest.IndexOf(']', at);
                if (rest[at] != '[') throw PythonError.Value("Only '.' or '[' may follow ']' in format field specifier");
                if (close < 0) throw PythonError.Value("Missing ']' in format string");
                string key = rest[(at + 1)..close];
                if (key.Length == 0) throw PythonError.Value("Empty attribute in format string");
                value = Access.Element(run, value, IsNumber(key, out int index) ? Value.Of(index) : new TextValue(key));
                at = close + 1;
            }
        }
        return value;
    }

    Value First(string name)
    {
        if (name.Length == 0)
        {
            if (manual) throw PythonError.Value("cannot switch from manual field specification to automatic field numbering");
            return At(automatic++);
        }
        if (!IsNumber(name, out int index)) return keyword(name) ?? throw new PythonError("KeyError", TextRepr.Of(name));
        if (automatic > 0) throw PythonError.Value("cannot switch from manual field specification to automatic field numbering");
        manual = true;
        return At(index);
    }

    Value At(int index) => index < positional.Length ? positional[index] : throw PythonError.Index("tuple index out of range");

    static bool IsNumber(string text, out int number)
    {
        number = 0;
        if (text.Length == 0 || !text.All(char.IsAsciiDigit)) return false;
        if (!int.TryParse(text, out number)) throw PythonError.Value("Too many decimal digits in format string");
        return true;
    }
}
