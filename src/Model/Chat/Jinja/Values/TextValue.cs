namespace PureLora.Jinja;

/// <summary>
/// <c>str</c>, counted in code points as Python counts; or Jinja's <c>Markup</c>, a text that escaping leaves alone.
/// </summary>
internal sealed class TextValue(string text, bool markup = false) : Value
{
    public static readonly TextValue Empty = new("");

    int length = -1;

    /// <summary>UTF-16, as all of .NET.</summary>
    public string Text => text;

    public bool IsMarkup => markup;

    public override string Kind => markup ? "Markup" : "str";

    public override string Described => markup ? "markupsafe.Markup object" : "str object";

    public override int? Count => Length;

    /// <summary>Code points; a surrogate without its other half is one.</summary>
    public int Length => length >= 0 ? length : length = CodePoints.Count(text);

    /// <summary>Every code point is one UTF-16 unit, so indices are the same.</summary>
    public bool IsPlain => Length == text.Length;

    public override long Weight => 1 + (text.Length >> 5);

    public override int Hash => text.GetHashCode();

    public override void Repr(Printer to)
    {
        if (markup) to.Write("Markup(");
        to.Write(TextRepr.Of(text));
        if (markup) to.Write(")");
    }

    public override void Print(Printer to) => to.Write(text);

    public override IEnumerator<Value> Iterate()
    {
        for (int at = 0; at < text.Length;)
        {
            int units = CodePoints.UnitsAt(text, at);
            yield return new TextValue(text.Substring(at, units));
            at += units;
        }
    }

    public override IEnumerator<Value> Reversed()
    {
        for (int end = text.Length; end > 0;)
        {
            int units = end > 1 && char.IsSurrogatePair(text[end - 2], text[end - 1]) ? 2 : 1;
            yield return new TextValue(text.Substring(end - units, units));
            end -= units;
        }
    }

    public override Value? Attribute(string name) => StringMethods.Of(this, name);

    public override Value? Element(Value key)
    {
        if (!Numbers.IsInteger(key, out var index)) return null;
        if (index.Sign < 0) index += Length;
        if (index.Sign < 0 || index >= Length) return null;
        int at = IsPlain ? (int)index : CodePoints.Offset(text, (int)index);
        return new TextValue(text.Substring(at, CodePoints.UnitsAt(text, at)), markup);
    }

    /// <summary>The same kind of text with other words.</summary>
    public TextValue With(string other) => new(other, markup);

    /// <summary>The text as <c>str</c>, a Markup turned into one.</summary>
    public TextValue Plain => markup ? new TextValue(text) : this;
}
