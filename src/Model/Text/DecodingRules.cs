namespace PureLora;

/// <summary>
/// The <c>decoder</c> of a tokenizer.json, how tokens become text again: the bytes of <see cref="PureLora.ByteLevel"/>,
/// or replacements, then <c>&lt;0xXX&gt;</c> tokens as bytes, then leading <see cref="Strip"/> characters cut.
/// </summary>
internal sealed record DecodingRules(bool ByteLevel, List<(string Old, string New)> Replacements, string Strip, int StripCount)
{
    const string Supported = "ByteLevel, or a Sequence of Replace (of a String), ByteFallback, Fuse, Strip (start)";

    public static DecodingRules Read(JsonPlace root)
    {
        if (root.Find("decoder") is not { } place) throw root.Unsupported("a tokenizer without a decoder", Supported);
        if (place.Text("type") == "ByteLevel") return new DecodingRules(true, [], "", 0);
        if (place.Text("type") != "Sequence") throw place.Unsupported($"a decoder of type {place.Text("type")}", Supported);

        var rules = new DecodingRules(false, [], "", 0);
        List<string> order = [];
        foreach (var step in place.Need("decoders").Items())
        {
            string kind = step.Text("type");
            if (kind != "Replace" || order.Count > 0) order.Add(kind);
            if (kind == "Replace" && step.Need("pattern").Find("String") is { } old && old.Text().Length > 0)
                rules.Replacements.Add((old.Text(), step.Text("content")));
            else if (kind == "Strip" && step.Need("stop").Integer(0, 0) == 0)
                rules = rules with { Strip = step.Text("content"), StripCount = step.Need("start").Integer(0, 1024) };
            else if (kind is not ("ByteFallback" or "Fuse"))
                throw step.Unsupported($"a decoder step of type {kind}", Supported);
        }
        if (order is not ["ByteFallback", "Fuse"] and not ["ByteFallback", "Fuse", "Strip"])
            throw place.Unsupported($"a decoder of the steps {string.Join(", ", order)}", Supported);
        if (rules.StripCount > 0 && rules.Strip.Length != 1) throw place.Unsupported($"a Strip of \"{rules.Strip}\"", "a Strip of one character");
        return rules;
    }

    /// <summary>The token as text, before bytes are looked at.</summary>
    public string Replace(string token)
    {
        foreach (var (old, content) in Replacements) token = token.Replace(old, content, StringComparison.Ordinal);
        return token;
    }

    /// <summary>The byte that a fallback token <c>&lt;0xXX&gt;</c> stands for.</summary>
    public static bool IsByte(string token, out byte value)
    {
        value = 0;
        return token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>'
            && byte.TryParse(token.AsSpan(3, 2), System.Globalization.NumberStyles.AllowHexSpecifier, null, out value);
    }
}
