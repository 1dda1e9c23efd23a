using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace PureLora;

/// <summary>
/// Tokenized examples, written once and read in any order: in memory while they are few, else in a temporary file that has no
/// name (on Windows, one that is deleted when it is closed). Four bytes a token: an id, or its complement where it is not trained.
/// </summary>
sealed class ExampleStore : IDisposable
{
    /// <summary>Tokens that are kept in memory: 64 MiB of them.</summary>
    public const int TokensInMemory = 16 << 20;

    const int Block = 1 << 12;

    /// <summary>Where an example's tokens are, and what must be known of it without reading them.</summary>
    public readonly record struct Entry(long Offset, int Index, int File, int Number, int Length, int Trained);

    readonly int inMemory;
    readonly List<Entry[]> blocks = [];
    readonly List<string> files = [];
    List<int[]> memory = [];
    SafeFileHandle? file;
    int[] tail = [];
    int tailLength;
    long written;

    public ExampleStore(int tokensInMemory = TokensInMemory) => inMemory = tokensInMemory;

    /// <summary>How many examples there are.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes that the store holds in memory.</summary>
    public long MemoryBytes => file is null ? 4 * written + 64L * Count : 4L * tail.Length + 32L * Count;

    public Entry this[int i] => blocks[i / Block][i % Block];

    /// <summary>Appends an example; only one thread may.</summary>
    public void Add(int index, string path, int number, ReadOnlySpan<int> ids, ReadOnlySpan<bool> trained)
    {
        if (files.Count == 0 || files[^1] != path)
            files.Add(path);
        if (Count % Block == 0)
            blocks.Add(new Entry[Block]);
        var tokens = new int[ids.Length];
        var count = 0;
        for (var t = 0; t < ids.Length; t++)
        {
            tokens[t] = trained[t] ? ids[t] : ~ids[t];
            count += t > 0 && trained[t] ? 1 : 0;
        }
        blocks[Count / Block][Count % Block] = new Entry(written, index, files.Count - 1, number, ids.Length, count);
        Count++;
        Write(tokens);
    }

    /// <summary>Reads one example; any thread may, once all are written.</summary>
    public Example Read(int i)
    {
        var entry = this[i];
        var ids = file is null ? memory[i].AsSpan().ToArray() : FromFile(entry);
        var labels = new int[ids.Length];
        for (var t = 0; t < ids.Length; t++)
        {
            labels[t] = ids[t] < 0 ? Example.Ignored : ids[t];
            ids[t] = ids[t] < 0 ? ~ids[t] : ids[t];
        }
        return new Example(entry.Index, Place(i), ids, labels);
    }

    /// <summary>File and line of an example's record.</summary>
    public string Place(int i) => DataRow.PlaceOf(files[this[i].File], this[i].Number);

    void Write(int[] tokens)
    {
        written += tokens.Length;
        if (file is null && written <= inMemory)
        {
            memory.Add(tokens);
            return;
        }
        if (file is null)
        {
            file = Unnamed();
            tail = new int[1 << 18];
            foreach (var earlier in memory)
                Append(earlier);
            memory = [];
        }
        Append(tokens);
    }

    void Append(ReadOnlySpan<int> tokens)
    {
        while (tokens.Length > 0)
        {
            var part = Math.Min(tokens.Length, tail.Length - tailLength);
            tokens[..part].CopyTo(tail.AsSpan(tailLength));
            tokens = tokens[part..];
            tailLength += part;
            if (tailLength == tail.Length)
                Flush();
        }
    }

    long flushed;

    void Flush()
    {
        try
        {
            RandomAccess.Write(file!, MemoryMarshal.AsBytes<int>(tail.AsSpan(0, tailLength)), 4 * flushed);
        }
        catch (IOException e)
        {
            throw new PureLoraException($"{Path.GetTempPath()}: the tokenized examples cannot be written ({e.Message.TrimEnd('.')}), but a data set this large needs room there. Free some, or set TMPDIR to another folder.", e);
        }
        flushed += tailLength;
        tailLength = 0;
    }

    int[] FromFile(Entry entry)
    {
        var tokens = new int[entry.Length];
        // The last ones may not have been written yet.
        var fromFile = (int)Math.Clamp(flushed - entry.Offset, 0, entry.Length);
        var bytes = MemoryMarshal.AsBytes<int>(tokens.AsSpan(0, fromFile));
        for (var done = 0; done < bytes.Length;)
        {
            var read = RandomAccess.Read(file!, bytes[done..], 4 * entry.Offset + done);
            if (read == 0)
                throw new PureLoraException($"{Path.GetTempPath()}: the file of tokenized examples ends too early. Run again.");
            done += read;
        }
        tail.AsSpan((int)Math.Max(0, entry.Offset - flushed), entry.Length - fromFile).CopyTo(tokens.AsSpan(fromFile));
        return tokens;
    }

    /// <summary>A file that only this process can reach, and that is gone with it however it ends.</summary>
    static SafeFileHandle Unnamed()
    {
        var path = Path.Combine(Path.GetTempPath(), $"purelora-{Path.GetRandomFileName()}");
        try
        {
            var handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Delete, FileOptions.DeleteOnClose);
            if (!OperatingSystem.IsWindows())
                File.Delete(path);
            return handle;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PureLoraException($"{path}: the file for tokenized examples cannot be made ({e.Message.TrimEnd('.')}), but a data set this large needs it. Set TMPDIR to another folder.", e);
        }
    }

    public void Dispose() => file?.Dispose();
}
