using System.Text;

namespace PureLora;

/// <summary>Replace: matches of a pattern in a token become a text. In fused text it waits for the end, where a match may grow.</summary>
internal sealed class ReplaceStage(DecodingStage next, string? literal, Pattern pattern, string content, bool fused) : DecodingStage(next)
{
    readonly StringBuilder held = new();

    public override void Push(string text)
    {
        if (!fused)
        {
            Next.Push(Replaced(text));
            return;
        }
        held.Append(text);
        if (literal is null) return;
        // Only what may be the beginning of another match stays.
        string whole = held.ToString();
        int done = 0;
        for (int at; (at = whole.IndexOf(literal, done, StringComparison.Ordinal)) >= 0; done = at + literal.Length) Next.Push(whole[done..at] + content);
        int keep = Math.Min(literal.Length - 1, whole.Length - done);
        while (keep > 0 && !literal.StartsWith(whole[^keep..], StringComparison.Ordinal)) keep--;
        if (whole.Length - keep > done) Next.Push(whole[done..^keep]);
        held.Clear().Append(whole[^keep..]);
    }

    public override void End()
    {
        if (held.Length > 0) Next.Push(Replaced(held.ToString()));
        held.Clear();
        base.End();
    }

    string Replaced(string text)
    {
        if (literal is not null) return text.Replace(literal, content, StringComparison.Ordinal);
        var cuts = new List<(int Start, int Length, bool Match)>();
        pattern.Cut(text, new WorkLimit(text.Length), cuts);
        return string.Concat(cuts.Select(cut => cut.Match ? content : text.Substring(cut.Start, cut.Length)));
    }
}
