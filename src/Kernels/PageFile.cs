using System.IO.MemoryMappedFiles;

namespace PureLora;

/// <summary>
/// Memory that the system may move out to disk: a file of zeros, mapped for reading and writing, that is gone when the
/// process ends, however it ends. It is written in full before it is mapped, since a write to a mapped page that the
/// disk has no room for would kill the process.
/// </summary>
sealed unsafe class PageFile : HostChunk
{
    const string Advice = "Free some space, choose an output_dir on another disk, or an optim without paged_.";
    readonly MemoryMappedFile map;
    readonly MemoryMappedViewAccessor view;

    PageFile(FileStream stream, long bytes) : base(bytes)
    {
        map = MemoryMappedFile.CreateFromFile(stream, null, bytes, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: false);
        view = map.CreateViewAccessor(0, bytes, MemoryMappedFileAccess.ReadWrite);
        byte* start = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        Memory = start;
    }

    /// <summary><paramref name="bytes"/> zeros in a file without a name in <paramref name="folder"/>.</summary>
    /// <param name="folder">It must exist.</param>
    /// <param name="bytes">More than 0.</param>
    /// <param name="fill">Writes the zeros; tests pass one that runs out of room.</param>
    public static PageFile Make(string folder, long bytes, Action<Stream, long>? fill = null)
    {
        FileStream? stream = null;
        try
        {
            var free = new DriveInfo(Path.GetFullPath(folder)).AvailableFreeSpace;
            if (free < bytes)
                throw new PureLoraException($"{folder}: {free:N0} bytes are free, but the paged optimizer state needs {bytes:N0}. {Advice}");
            stream = Nameless(Path.Combine(folder, $".purelora-state.{Path.GetRandomFileName()}"));
            (fill ?? Fill)(stream, bytes);
            return new PageFile(stream, bytes);
        }
        catch (Exception e)
        {
            stream?.Dispose();
            if (e is IOException or UnauthorizedAccessException or ArgumentException)
                throw new PureLoraException($"{folder}: the paged optimizer state needs a file of {bytes:N0} bytes here, but it could not be written ({e.Message.TrimEnd('.')}). {Advice}", e);
            throw;
        }
    }

    /// <summary>Unix lets go of the name at once, Windows when the file is closed; both when the process ends.</summary>
    static FileStream Nameless(string path)
    {
        var options = OperatingSystem.IsWindows() ? FileOptions.DeleteOnClose : FileOptions.None;
        var stream = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, bufferSize: 0, options);
        if (!OperatingSystem.IsWindows())
            File.Delete(path);
        return stream;
    }

    internal static void Fill(Stream stream, long bytes)
    {
        var zeros = new byte[(int)Math.Min(bytes, 1 << 20)];
        for (long written = 0; written < bytes; written += zeros.Length)
            stream.Write(zeros, 0, (int)Math.Min(zeros.Length, bytes - written));
        stream.Flush();
    }

    public override void Dispose()
    {
        if (Memory is null)
            return;
        Memory = null;
        view.SafeMemoryMappedViewHandle.ReleasePointer();
        view.Dispose();
        map.Dispose();
    }
}
