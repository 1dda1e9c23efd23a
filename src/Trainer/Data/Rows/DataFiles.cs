using System.IO.Compression;
using System.IO.Enumeration;

namespace PureLora;

/// <summary>
/// The files that a setting names, and the records in them. A name is a file, a pattern (<c>*</c>, <c>?</c>, and <c>**</c> for folders of any
/// depth) or a folder; files come in the order of their names. The ending tells the format: .csv, .tsv, .parquet, else JSON; .gz is unpacked.
/// </summary>
static class DataFiles
{
    static readonly string[] formats = [".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet"];

    /// <summary>The files of one entry of a setting, at least one.</summary>
    /// <param name="name">A file, a pattern or a folder.</param>
    /// <param name="splits">How the files begin that are meant in a folder with several splits: <c>train</c>, or <c>valid</c>, <c>eval</c>, ...</param>
    public static IReadOnlyList<string> Of(string name, params ReadOnlySpan<string> splits)
    {
        if (Directory.Exists(name))
            return InFolder(name, splits);
        if (File.Exists(name))
            return [name];
        if (name.AsSpan().IndexOfAny('*', '?') < 0)
            throw new PureLoraException($"{name}: the data file is missing, but training needs it. Check the path, which starts at {Directory.GetCurrentDirectory()}.");
        var parts = name.Split('/', Path.DirectorySeparatorChar);
        var found = Matching(parts[0] == "" ? "/" : "", parts[0] == "" ? 1 : 0, parts).Where(File.Exists).Order(StringComparer.Ordinal).ToArray();
        return found.Length > 0 ? found
            : throw new PureLoraException($"{name}: no file matches, but training needs one. Check the pattern, which starts at {Directory.GetCurrentDirectory()}.");
    }

    /// <summary>What a folder of a data set holds: its own files, or those in its folder <c>data</c>; of several splits the one that is meant.</summary>
    static IReadOnlyList<string> InFolder(string folder, ReadOnlySpan<string> splits)
    {
        string[] all = Files(folder);
        if (all.Length == 0 && Directory.Exists(Path.Combine(folder, "data")))
            all = Files(Path.Combine(folder, "data"));
        foreach (var split in splits)
            if (all.Where(file => Path.GetFileName(file).StartsWith(split, StringComparison.OrdinalIgnoreCase)).ToArray() is { Length: > 0 } meant)
                return meant;
        return all.Length > 0 ? all
            : throw new PureLoraException($"{folder}: the folder has no data file, but training needs one that ends in {Spelling.AnyOf(formats)}. Name a file.");

        static string[] Files(string folder) =>
            [.. Directory.EnumerateFiles(folder).Where(file => formats.Contains(Path.GetExtension(Bare(file)).ToLowerInvariant())).Order(StringComparer.Ordinal)];
    }

    static IEnumerable<string> Matching(string above, int at, string[] parts)
    {
        if (at == parts.Length)
            return [above];
        var (part, here) = (parts[at], above.Length == 0 ? "." : above);
        if (part == "**")
            return Directory.Exists(here) ? Matching(above, at + 1, parts).Concat(Directory.EnumerateDirectories(here).Where(inside => File.ResolveLinkTarget(inside, false) is null).SelectMany(inside => Matching(Joined(inside), at, parts))) : [];
        if (part.AsSpan().IndexOfAny('*', '?') < 0)
            return Path.Exists(Path.Combine(above, part)) ? Matching(Path.Combine(above, part), at + 1, parts) : [];
        return Directory.Exists(here)
            ? Directory.EnumerateFileSystemEntries(here).Where(entry => FileSystemName.MatchesSimpleExpression(part, Path.GetFileName(entry))).SelectMany(entry => Matching(Joined(entry), at + 1, parts))
            : [];

        string Joined(string entry) => Path.Combine(above, Path.GetFileName(entry));
    }

    static string Bare(string file) => file.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? file[..^3] : file;

    /// <summary>The records of one file, in order, read as they are asked for.</summary>
    /// <exception cref="PureLoraException">The file cannot be read, or is not of its format; with the line.</exception>
    public static IEnumerable<DataRow> Rows(string path)
    {
        IEnumerator<DataRow>? rows = null;
        Stream? stream = null;
        try
        {
            while (true)
            {
                bool more;
                try
                {
                    stream ??= Open(path);
                    rows ??= Read(stream, path).GetEnumerator();
                    more = rows.MoveNext();
                }
                catch (InvalidDataException cause)
                {
                    throw new PureLoraException($"{path}: the file is no whole gzip file, but its name ends in .gz. Download it again.", cause);
                }
                catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
                {
                    throw new PureLoraException($"{path}: the data file is unreadable ({cause.Message.TrimEnd('.')}), but training needs it. Check its permissions and the disk.", cause);
                }
                if (!more)
                    yield break;
                yield return rows.Current;
            }
        }
        finally
        {
            rows?.Dispose();
            stream?.Dispose();
        }
    }

    static Stream Open(string path)
    {
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
        return Bare(path) == path ? file : new GZipStream(file, CompressionMode.Decompress);
    }

    static IEnumerable<DataRow> Read(Stream stream, string path) => Path.GetExtension(Bare(path)).ToLowerInvariant() switch
    {
        ".parquet" when stream.CanSeek => ParquetRows.Of(stream, path),
        ".parquet" => throw new PureLoraException($"{path}: the Parquet file is packed with gzip, but reading it needs every part of it. Unpack it first."),
        ".csv" or ".tsv" => CsvRows.Of(stream, path),
        _ => JsonRows.Of(stream, path),
    };
}
