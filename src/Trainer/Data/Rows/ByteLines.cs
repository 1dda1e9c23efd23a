namespace PureLora;

/// <summary>The lines of a byte stream, without their line feeds and without a UTF-8 byte order mark; numbers count from 1.</summary>
static class ByteLines
{
    /// <summary>Yields each line; the memory is valid until the next one. Holds one line, at most <paramref name="longest"/> bytes.</summary>
    internal static IEnumerable<(int Number, ReadOnlyMemory<byte> Line)> Of(Stream stream, string path, int longest)
    {
        byte[] buffer = new byte[1 << 16];
        int start = 0, end = 0, number = 1;
        for (bool first = true; ; number++, first = false)
        {
            int feed, searched = 0;
            while ((feed = buffer.AsSpan(start + searched, end - start - searched).IndexOf((byte)'\n')) < 0)
            {
                searched = end - start;
                if (searched > longest)
                    break;
                if (start > 0)
                {
                    Buffer.BlockCopy(buffer, start, buffer, 0, searched);
                    (start, end) = (0, searched);
                }
                if (end == buffer.Length)
                    Array.Resize(ref buffer, buffer.Length * 2);
                int read = stream.Read(buffer, end, buffer.Length - end);
                if (read == 0)
                    break;
                end += read;
            }
            int length = feed < 0 ? end - start : searched + feed;
            if (length > longest)
                throw new PureLoraException($"{path}:{number}: the line is longer than {longest} bytes, but a data file needs one record a line. Check that the file has line breaks.");
            if (feed < 0 && length == 0)
                yield break;

            int mark = first && buffer.AsSpan(start, length).StartsWith("\uFEFF"u8) ? 3 : 0;
            yield return (number, buffer.AsMemory(start + mark, length - mark));
            if (feed < 0)
                yield break;
            start += length + 1;
        }
    }
}
