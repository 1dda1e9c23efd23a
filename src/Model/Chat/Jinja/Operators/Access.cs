using System.Numerics;

namespace PureLora.Jinja;

/// <summary><c>a.b</c>, <c>a[b]</c> and <c>a[b:c]</c> as Jinja's sandbox has them.</summary>
internal static class Access
{
    static readonly HashSet<string> dunders =
    [
        .. "class delattr dir doc eq format ge getattribute getstate gt hash init init_subclass le lt module ne new reduce reduce_ex repr setattr sizeof str subclasshook"
            .Split(' ').Select(name => $"__{name}__"),
    ];

    public static bool IsDunder(string name) => name.StartsWith("__", StringComparison.Ordinal) && name.EndsWith("__", StringComparison.Ordinal) && name.Length >= 4;

    /// <summary><c>a.b</c>: the attribute first, then the element of that name.</summary>
    public static Value Attribute(Run run, Value of, string name)
    {
        if (Found(of, name) is { } value) return Safe(of, name, value);
        return Element(of, name) ?? UndefinedValue.Missing(run, of, new TextValue(name));
    }

    static Value? Element(Value of, string name) => of is DictValue or UndefinedValue or BlocksValue ? of.Element(new TextValue(name)) : null;

    /// <summary><c>a[b]</c>: the element first; a text may name an attribute too.</summary>
    public static Value Element(Run run, Value of, Value key)
    {
        run.Step(key.Weight + (of is TextValue { IsPlain: false } text ? Function.Length(text) : 0));
        if (of.Element(key) is { } value) return value;
        if (key is TextValue name && Found(of, name.Text) is { } attribute) return Safe(of, name.Text, attribute);
        return UndefinedValue.Missing(run, of, key);
    }

    /// <summary><c>|attr</c>: the attribute alone.</summary>
    public static Value AttributeOnly(Run run, Value of, string name) =>
        Found(of, name) is { } value ? Safe(of, name, value) : UndefinedValue.Missing(run, of, new TextValue(name));

    static Value? Found(Value of, string name) =>
        of.Attribute(name) ?? (dunders.Contains(name) ? Value.None : null);

    static Value Safe(Value of, string name, Value value) =>
        name.StartsWith('_') || of is ListValue && SequenceMethods.ChangesList(name) || of is DictValue && DictMethods.ChangesDict(name)
            ? UndefinedValue.Unsafe(of, name) : value;

    /// <summary><c>a[start:stop:step]</c>; null is a part left out.</summary>
    public static Value Slice(Run run, Value of, Value? start, Value? stop, Value? step)
    {
        if (of is UndefinedValue u) throw u.Error;
        if (of is DictValue) throw PythonError.Type("unhashable type: 'slice'");
        if (of is not (TextValue or SequenceValue or RangeValue)) throw PythonError.Type($"'{of.Kind}' object is not subscriptable");
        int length = of.Count!.Value;
        BigInteger every = Index(step) ?? 1;
        if (every.IsZero) throw PythonError.Value("slice step cannot be zero");
        bool back = every.Sign < 0;
        int from = Place(Index(start), back ? length - 1 : 0, length, back), to = Place(Index(stop), back ? -1 : length, length, back);
        int stride = (int)BigInteger.Min(BigInteger.Max(every, -int.MaxValue), int.MaxValue);
        long count = Math.Max(0, back ? ((long)from - to - stride - 1) / -(long)stride : ((long)to - from + stride - 1) / stride);
        if (of is SequenceValue) run.MakingList(count);
        else if (of is TextValue text) run.Step(text.IsPlain ? count >> 5 : Function.Length(text));
        return of switch
        {
            TextValue letters => Texts.Slice(letters, from, (int)count, stride),
            SequenceValue list => list.With(Enumerable.Range(0, (int)count).Select(i => list.Items[from + i * stride]).ToArray()),
            RangeValue range => range.Slice(from, to, stride, (int)count),
            _ => throw PythonError.Type($"'{of.Kind}' object is not subscriptable"),
        };
    }

    static BigInteger? Index(Value? part) => part is null or NoneValue ? null : Numbers.IsInteger(part, out var number) ? number
        : throw PythonError.Type("slice indices must be integers or None or have an __index__ method");

    static int Place(BigInteger? index, int otherwise, int length, bool back)
    {
        if (index is not { } at) return otherwise;
        if (at.Sign < 0) at += length;
        return (int)(at.Sign < 0 ? back ? -1 : 0 : BigInteger.Min(at, back ? length - 1 : length));
    }
}
