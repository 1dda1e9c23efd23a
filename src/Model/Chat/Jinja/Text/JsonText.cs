using System.Text;

namespace PureLora.Jinja;

/// <summary><c>tojson</c> as Transformers defines it: Python's <c>json.dumps</c>, without Jinja's escapes for HTML.</summary>
internal sealed class JsonText(Run run, bool ascii, string? indent, string itemSeparator, string keySeparator, bool sorted)
{
    readonly StringBuilder text = new();

    public string Of(Value value)
    {
        Write(value, 0);
        return text.ToString();
    }

    void Write(Value value, int depth)
    {
        run.Step();
        switch (value)
        {
            case TextValue t: Quote(t.Text); break;
            case NoneValue: Put("null"); break;
            case BoolValue b: Put(b.Truth ? "true" : "false"); break;
            case IntValue i: Put(Numbers.Digits(i.Number)); break;
            case FloatValue f: Put(Number(f.Number)); break;
            case SequenceValue list: Container('[', list.Items.Length, ']', depth, i => Write(list.Items[i], depth + 1)); break;
            case DictValue dict: Dict(dict, depth); break;
            default: throw PythonError.Type($"Object of type {value.Kind} is not JSON serializable");
        }
    }

    void Dict(DictValue dict, int depth)
    {
        var entries = dict.Entries.ToArray();
        if (sorted) entries = Sorting.Sorted(run, entries, entry => entry.Key, reverse: false);
        Container('{', entries.Length, '}', depth, i =>
        {
            Quote(Key(entries[i].Key));
            Put(keySeparator);
            Write(entries[i].Value, depth + 1);
        });
    }

    static string Key(Value key) => key switch
    {
        TextValue text => text.Text,
        NoneValue => "null",
        BoolValue b => b.Truth ? "true" : "false",
        IntValue i => Numbers.Digits(i.Number),
        FloatValue f => Number(f.Number),
        _ => throw PythonError.Type($"keys must be str, int, float, bool or None, not {key.Kind}"),
    };

    static string Number(double number) => double.IsFinite(number) ? FloatText.Repr(number) : double.IsNaN(number) ? "NaN" : number > 0 ? "Infinity" : "-Infinity";

    void Container(char open, int count, char close, int depth, Action<int> item)
    {
        text.Append(open);
        for (int i = 0; i < count; i++)
        {
            if (i > 0) Put(itemSeparator);
            NewLine(depth + 1);
            item(i);
        }
        if (count > 0) NewLine(depth);
        text.Append(close);
    }

    void NewLine(int depth)
    {
        if (indent is null) return;
        text.Append('\n');
        for (int i = 0; i < depth; i++) Put(indent);
    }

    void Put(string piece) => run.Write(text, piece);

    void Quote(string value)
    {
        run.Making(text.Length + (long)value.Length);
        text.Append('"');
        foreach (char c in value)
        {
            if (c is '"' or '\\') text.Append('\\').Append(c);
            else if (c >= ' ' && (c < 127 || !ascii)) text.Append(c);
            else text.Append(c switch { '\n' => "\\n", '\r' => "\\r", '\t' => "\\t", '\b' => "\\b", '\f' => "\\f", _ => $"\\u{(int)c:x4}" });
        }
        text.Append('"');
    }
}
