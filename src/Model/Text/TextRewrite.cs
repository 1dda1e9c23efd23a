using System.Text;

namespace PureLora;

/// <summary>
/// Writes the next characters of a <see cref="WorkText"/>, stretch by stretch, and keeps their origins. As long as each
/// character stays where it was, no origins are stored.
/// </summary>
internal sealed class TextRewrite(WorkText source)
{
    readonly List<Stretch> stretches = new(source.Stretches.Count);
    char[] chars = new char[source.Chars.Length + 16];
    int[]? starts, ends;
    int length, opened;

    /// <summary>Writes one character made of original units from start up to end.</summary>
    public void Put(char c, int start, int end)
    {
        if (length == chars.Length) Grow(length + 1);
        if (starts is null && (start != length || end != length + 1)) StoreOrigins();
        chars[length] = c;
        if (starts is not null) (starts[length], ends![length]) = (start, end);
        length++;
    }

    public void Put(Rune rune, (int Start, int End) origin)
    {
        Span<char> units = stackalloc char[2];
        int count = rune.EncodeToUtf16(units);
        foreach (char c in units[..count]) Put(c, origin.Start, origin.End);
    }

    /// <summary>Writes characters of the source as they are.</summary>
    public void Copy(int from, int count)
    {
        if (length + count > chars.Length) Grow(length + count);
        if (starts is null && !(source.Unmoved && from == length)) StoreOrigins();
        source.Chars.Span.Slice(from, count).CopyTo(chars.AsSpan(length));
        if (starts is not null)
        {
            for (int i = 0; i < count; i++) (starts[length + i], ends![length + i]) = source.Original(from + i, from + i + 1);
        }
        length += count;
    }

    /// <summary>Ends the stretch that began where the last one ended; an empty one is left out.</summary>
    public void Close(int id = -1)
    {
        if (length > opened) stretches.Add(new(opened, length - opened, id));
        opened = length;
    }

    /// <summary>Writes a stretch as it is and ends it.</summary>
    public void CopyWhole(Stretch stretch)
    {
        Copy(stretch.Start, stretch.Length);
        Close(stretch.Id);
    }

    /// <summary>Makes what was written the text of the source.</summary>
    public void Finish() => source.Replace(chars.AsMemory(0, length), starts, ends, stretches);

    void StoreOrigins()
    {
        (starts, ends) = (new int[chars.Length], new int[chars.Length]);
        for (int i = 0; i < length; i++) (starts[i], ends[i]) = (i, i + 1);
    }

    void Grow(int least)
    {
        int size = Math.Max(least, 2 * chars.Length);
        Array.Resize(ref chars, size);
        if (starts is null) return;
        Array.Resize(ref starts, size);
        Array.Resize(ref ends, size);
    }
}
