using System.Buffers.Binary;

namespace PureLora;

/// <summary>
/// Looks through a Parquet file's footer and page headers before the library reads them, since it believes every length and count in
/// them: it would take what memory they ask for, and loop as often as they say. The structures are those of parquet.thrift.
/// </summary>
static class ParquetCheck
{
    /// <summary>A page of a file of any size may have so many bytes, and a column so many values.</summary>
    const long Smallest = 1 << 18;

    /// <summary>What a page's bytes may be unpacked to, and how many values a column may have, for each byte of the file.</summary>
    const int Fold = 16;

    static readonly ThriftStruct empty = new("");
    static readonly ThriftStruct statistics = new("ttnnttbb");
    static readonly ThriftStruct keyValue = new("tt");
    static readonly ThriftStruct unit = new("{0}{0}{0}", empty);
    static readonly ThriftStruct logicalType = new("{0}{0}{0}{0}{1}{0}{2}{2}.{3}{0}{0}{0}{0}{0}", empty, new("nn"), new("b{0}", unit), new("yb"));
    static readonly ThriftStruct schemaElement = new("nnntnnnnn{0}", logicalType);
    static readonly ThriftStruct columnMetaData = new("nNTnnnn[0]nnn{1}[2]nn{3}", keyValue, statistics, new("nnn"), new("nNN"));
    static readonly ThriftStruct columnChunk = new("tn{0}nnnn.t", columnMetaData);
    static readonly ThriftStruct rowGroup = new("[0]nn[1]nnn", columnChunk, new("nbb"));
    static readonly ThriftStruct fileMetaData = new("n[0]n[1][2]t", schemaElement, rowGroup, keyValue);
    static readonly ThriftStruct pageHeader = new("nnnn{0}{1}{2}{3}", new("nnnn{0}", statistics), empty, new("nnb"), new("nnnnnnb{0}", statistics));

    /// <summary>Refuses a file that asks for more than it can hold.</summary>
    /// <exception cref="InvalidDataException">What is wrong.</exception>
    public static void Footer(Stream file)
    {
        var tail = Read(file, Math.Max(0, file.Length - 8), (int)Math.Min(8, file.Length));
        if (tail.Length < 8 || !tail.AsSpan(4).SequenceEqual("PAR1"u8))
            throw new InvalidDataException("it does not end as a Parquet file does");
        var length = BinaryPrimitives.ReadUInt32LittleEndian(tail);
        if (length > file.Length - 8)
            throw new InvalidDataException($"its footer has {length} bytes, of {file.Length}");
        var most = Math.Max(Smallest, Fold * file.Length);
        new ThriftCheck(Read(file, file.Length - 8 - length, (int)length)).Walk(fileMetaData, (path, number) =>
        {
            // Rows of the file and of a group; values of a column.
            if (path is "3" or "4.3" or "4.1.3.5" && (number < 0 || number > most))
                throw new InvalidDataException($"it says that it has {number} values, in {file.Length} bytes");
        });
    }

    /// <summary>The same for the pages of one column of a group.</summary>
    /// <param name="file">The whole file.</param>
    /// <param name="column">Where its pages are.</param>
    public static void Pages(Stream file, Parquet.Meta.ColumnMetaData column)
    {
        var start = column.DictionaryPageOffset is { } dictionary and > 0 && dictionary < column.DataPageOffset ? dictionary : column.DataPageOffset;
        if (start < 0 || column.TotalCompressedSize < 0 || column.TotalCompressedSize > file.Length - start)
            throw new InvalidDataException($"a column has {column.TotalCompressedSize} bytes at {start}, of {file.Length}");
        var (end, most) = (start + column.TotalCompressedSize, Math.Max(Smallest, Fold * file.Length));
        for (var at = start; at < end;)
        {
            // A header is short, but its statistics may hold two values in full.
            var check = new ThriftCheck(Read(file, at, (int)Math.Min(end - at, 1 << 16)));
            long packed = -1;
            check.Walk(pageHeader, (path, number) =>
            {
                packed = path == "3" ? number : packed;
                if (path is "2" && number > most || path is "2" or "3" or "5.1" or "7.1" or "8.1" or "8.2" or "8.3" or "8.5" or "8.6" && number < 0 || path is "5.1" or "7.1" or "8.1" or "8.3" && number > most)
                    throw new InvalidDataException($"a page at {at} says {number} of its field {path}");
            });
            if (packed < 0 || packed > end - at - check.Read)
                throw new InvalidDataException($"a page at {at} has {packed} bytes, of {end - at}");
            at += check.Read + packed;
        }
    }

    static byte[] Read(Stream file, long at, int count)
    {
        var bytes = new byte[count];
        file.Position = at;
        file.ReadExactly(bytes);
        return bytes;
    }
}
