namespace PureLora;

/// <summary>
/// Writes a file whole or not at all: into a temporary file beside it, flushed to the disk, then renamed over it.
/// Whatever goes wrong, the old file is as it was and the temporary one is gone.
/// </summary>
public static class AtomicFile
{
    /// <summary>
    /// Calls <paramref name="write"/> with a stream and makes what it wrote the content of <paramref name="path"/>.
    /// The folder must exist. A full disk or a missing right is a <see cref="PureLoraException"/>; any other exception
    /// of <paramref name="write"/> passes through.
    /// </summary>
    public static void Write(string path, Action<Stream> write)
    {
        string full = Path.GetFullPath(path);
        string beside = Path.Combine(Path.GetDirectoryName(full) ?? full, $".{Path.GetFileName(full)}.{Path.GetRandomFileName()}");
        try
        {
            using (var stream = new FileStream(beside, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1 << 16))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            File.Move(beside, full, overwrite: true);
        }
        catch (Exception e)
        {
            Remove(beside);
            if (e is IOException or UnauthorizedAccessException)
                throw new PureLoraException($"{path}: {Reason(e, full)}", e);
            throw;
        }
    }

    static string Reason(Exception e, string full) => e switch
    {
        DirectoryNotFoundException => $"the folder {Path.GetDirectoryName(full)} does not exist. Create it first.",
        _ when IsFull(e) => "the disk is full. Free some space or choose another folder.",
        _ when Directory.Exists(full) => "there is a folder of this name, but a file needs its place. Choose another name.",
        UnauthorizedAccessException => "writing is not allowed here. Choose another folder or change its rights.",
        _ => $"writing failed ({e.Message.TrimEnd('.')}). Check the disk and the folder's rights.",
    };

    /// <summary>ENOSPC and EDQUOT (122 on Linux, 69 on macOS), or Windows' two codes for a full disk.</summary>
    static bool IsFull(Exception e) => e is IOException && (OperatingSystem.IsWindows()
        ? (e.HResult & 0xFFFF) is 39 or 112
        : e.HResult == 28 || e.HResult == (OperatingSystem.IsMacOS() ? 69 : 122));

    static void Remove(string beside)
    {
        try
        {
            File.Delete(beside);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The first error is the one to report; a leftover that cannot be deleted harms nobody.
        }
    }
}
