using System.Text;

namespace PureLora.Jinja;

/// <summary>Python's <c>pprint.pformat</c>: what fits in 80 columns on one line, otherwise an item a line; dicts sorted by key.</summary>
internal sealed class PrettyPrint(Run run)
{
    const int Width = 80;
    readonly StringBuilder text = new();

    public string Of(Value value)
    {
        Format(value, 0, 0);
        return text.ToString();
    }

    void Put(string piece) => run.Write(text, piece);

    void Format(Value value, int indent, int allowance)
    {
        string plain = Plain(value);
        run.Step(plain.Length);
        if (CodePoints.Count(plain) <= Width - indent - allowance)
        {
            Put(plain);
            return;
        }
        switch (value)
        {
            case DictValue { Count: > 0 } dict:
                Put("{");
                var entries = Entries(dict);
                for (int i = 0; i < entries.Length; i++)
                {
                    string key = Plain(entries[i].Key);
                    Put(key + ": ");
                    bool last = i == entries.Length - 1;
                    Format(entries[i].Value, indent + 1 + CodePoints.Count(key) + 2, last ? allowance + 1 : 1);
                    Put(last ? "}" : ",\n" + new string(' ', indent + 1));
                }
                break;
            case ListValue { Count: > 0 } list: Items("[", list.Items, "]", indent, allowance); break;
            case TupleValue { Count: > 0 } tuple: Items("(", tuple.Items, tuple.Items.Length == 1 ? ",)" : ")", indent, allowance); break;
            case TextValue { Text.Length: > 0 } t: Words(t.Text, indent, allowance); break;
            default: Put(plain); break;
        }
    }

    void Items(string open, Value[] items, string close, int indent, int allowance)
    {
        Put(open);
        for (int i = 0; i < items.Length; i++)
        {
            bool last = i == items.Length - 1;
            Format(items[i], indent + 1, last ? allowance + close.Length : 1);
            if (!last) Put(",\n" + new string(' ', indent + 1));
        }
        Put(close);
    }

    /// <summary>A long text as literals in a row, cut at line ends and then at spaces.</summary>
    void Words(string value, int indent, int allowance)
    {
        bool outermost = text.Length == 0;
        if (outermost) (indent, allowance) = (indent + 1, allowance + 1);
        int room = Width - indent;
        var chunks = new List<string>();
        var lines = Splitting.Lines(value, keepEnds: true).ToList();
        for (int i = 0; i < lines.Count; i++)
        {
            int limit = i == lines.Count - 1 ? room - allowance : room;
            if (CodePoints.Count(TextRepr.Of(lines[i])) <= limit)
            {
                chunks.Add(TextRepr.Of(lines[i]));
                continue;
            }
            string current = "";
            var parts = Parts(lines[i]).ToList();
            for (int j = 0; j < parts.Count; j++)
            {
                int most = i == lines.Count - 1 && j == parts.Count - 1 ? room - allowance : room;
                if (current.Length > 0 && CodePoints.Count(TextRepr.Of(current + parts[j])) > most)
                {
                    chunks.Add(TextRepr.Of(current));
                    current = "";
                }
                current += parts[j];
            }
            if (current.Length > 0) chunks.Add(TextRepr.Of(current));
        }
        if (chunks.Count == 1)
        {
            Put(chunks[0]);
            return;
        }
        if (outermost) Put("(");
        for (int i = 0; i < chunks.Count; i++) Put((i > 0 ? "\n" + new string(' ', indent) : "") + chunks[i]);
        if (outermost) Put(")");
    }

    /// <summary>Words, each with the spaces behind it.</summary>
    static IEnumerable<string> Parts(string line)
    {
        for (int at = 0; at < line.Length;)
        {
            int end = at;
            while (end < line.Length && !CodePoints.IsSpace(line[end])) end++;
            while (end < line.Length && CodePoints.IsSpace(line[end])) end++;
            yield return line[at..end];
            at = end;
        }
    }

    KeyValuePair<Value, Value>[] Entries(DictValue dict)
    {
        try
        {
            return Sorting.Sorted(run, dict.Entries.ToArray(), e => e.Key, reverse: false);
        }
        catch (PythonError e) when (e.Kind == "TypeError")
        {
            return Sorting.Sorted(run, dict.Entries.ToArray(), e => new TextValue($"<class '{e.Key.Kind}'>"), reverse: false);
        }
    }

    /// <summary><c>repr</c> with dicts sorted.</summary>
    string Plain(Value value)
    {
        switch (value)
        {
            case DictValue dict: return "{" + string.Join(", ", Entries(dict).Select(e => $"{Plain(e.Key)}: {Plain(e.Value)}")) + "}";
            case ListValue list: return "[" + string.Join(", ", list.Items.Select(Plain)) + "]";
            case TupleValue tuple: return "(" + string.Join(", ", tuple.Items.Select(Plain)) + (tuple.Items.Length == 1 ? ",)" : ")");
            default: return run.Text(Printer.Repr(run, value)).Text;
        }
    }
}
