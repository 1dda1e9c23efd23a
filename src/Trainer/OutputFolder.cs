using System.Text;

namespace PureLora;

/// <summary>
/// The folder a run writes into, held by one run at a time. Everything is written into <see cref="Unfinished"/> inside
/// it. When the run has ended well that becomes <see cref="FinishedName"/> in one step, and its files move up; the next run
/// moves what is left of it. So a result is never thrown away, and a run that was stopped leaves the earlier one as it was.
/// </summary>
public sealed class OutputFolder : IDisposable
{
    /// <summary>The run's own configuration, which also marks the folder as ours.</summary>
    public const string Marker = "purelora.yaml";

    /// <summary>The folder inside, for the files of a run that has not ended well.</summary>
    public const string UnfinishedName = "unfinished";

    /// <summary>The folder inside, for the files of a run that has ended well and that are not in their places yet.</summary>
    public const string FinishedName = "finished";

    /// <summary>Open while a run has the folder; the system lets go of it however the run ends.</summary>
    const string LockName = ".purelora.lock";

    readonly string folder;
    readonly string? made;
    readonly FileStream held;

    OutputFolder(string folder, string? made, FileStream held) => (this.folder, this.made, this.held) = (folder, made, held);

    /// <summary>Where the run writes.</summary>
    public string Unfinished => Path.Combine(folder, UnfinishedName);

    string Finished => Path.Combine(folder, FinishedName);

    /// <summary>Whether an earlier run ended well here.</summary>
    public bool HasResult => File.Exists(Path.Combine(folder, Marker));

    /// <summary>Refuses a folder with someone else's files in it, before anything costly is done.</summary>
    public static void Check(string folder)
    {
        if (File.Exists(folder))
            throw new PureLoraException($"{folder}: it is a file, but output_dir needs a folder. Choose another name.");
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any(entry => Path.GetFileName(entry) != LockName)
            && !new[] { "", UnfinishedName, FinishedName }.Any(inside => File.Exists(Path.Combine(folder, inside, Marker))))
            throw new PureLoraException($"{folder}: it exists and holds files of another kind, but output_dir needs a new folder, or one that an earlier run made. Choose another output_dir.");
    }

    /// <summary>
    /// The same for a run: its model must lie elsewhere, and an earlier result must be of the same method, since a folder
    /// with an adapter and a model says of neither what it is.
    /// </summary>
    public static void Check(TrainConfig config)
    {
        var folder = config.OutputDir;
        Check(folder);
        if (Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)) == Path.TrimEndingDirectorySeparator(Path.GetFullPath(config.Model)))
            throw new PureLoraException($"{folder}: it is the folder of the model too, but output_dir needs another one. Choose another output_dir.");
        var foreign = config.Method == "lora" ? "model.safetensors" : "adapter_config.json";
        if (File.Exists(Path.Combine(folder, foreign)) || File.Exists(Path.Combine(folder, FinishedName, foreign)))
            throw new PureLoraException($"{folder}: it holds {foreign} of an earlier run, but method {config.Method} needs a folder without it. Choose another output_dir.");
    }

    /// <summary>Makes the folder where it is missing, and takes it for this run: what cannot be written is found before training.</summary>
    public static OutputFolder Take(string folder)
    {
        var missing = FirstMissing(folder);
        try
        {
            Directory.CreateDirectory(folder);
            var held = new FileStream(Path.Combine(folder, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
            return new OutputFolder(folder, missing, held);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            RemoveEmpty(folder, missing);
            throw new PureLoraException(IsHeld(e)
                ? $"{folder}: another run is writing into it, but output_dir needs to belong to one run. Wait for it, or choose another output_dir."
                : $"{folder}: the folder cannot be written ({e.Message.TrimEnd('.')}), but output_dir needs to be. Choose another output_dir.", e);
        }
    }

    /// <summary>Moves up what an earlier run finished, throws away what one left unfinished, and puts this run's configuration there.</summary>
    public void Begin(string yaml)
    {
        MoveUp();
        try
        {
            if (Directory.Exists(Unfinished))
                Directory.Delete(Unfinished, recursive: true);
            Directory.CreateDirectory(Unfinished);
            AtomicFile.Write(Path.Combine(Unfinished, Marker), stream => stream.Write(Encoding.UTF8.GetBytes(yaml)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or PureLoraException)
        {
            if (Directory.Exists(Unfinished))
                Directory.Delete(Unfinished, recursive: true);
            throw e as PureLoraException ?? new PureLoraException($"{Unfinished}: the folder could not be made ({e.Message.TrimEnd('.')}). Choose another output_dir.", e);
        }
    }

    /// <summary>Moves the run's files to their places, over those of an earlier run.</summary>
    public void Finish()
    {
        try
        {
            Directory.Move(Unfinished, Finished);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PureLoraException($"{folder}: the results could not be moved here ({e.Message.TrimEnd('.')}). Take them from {Unfinished}.", e);
        }
        MoveUp();
    }

    /// <summary>In a fixed order, the mark last: while <see cref="Finished"/> is there, it holds what is not in its place.</summary>
    void MoveUp()
    {
        try
        {
            if (!Directory.Exists(Finished))
                return;
            foreach (var name in Directory.GetFiles(Finished).Select(file => Path.GetFileName(file)).OrderBy(name => name == Marker).ThenBy(name => name, StringComparer.Ordinal))
                File.Move(Path.Combine(Finished, name), Path.Combine(folder, name), overwrite: true);
            Directory.Delete(Finished);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PureLoraException($"{folder}: the results of a finished run could not all be moved here from {Finished} ({e.Message.TrimEnd('.')}). Take away what stands in their place, and move the rest yourself or run again.", e);
        }
    }

    /// <summary>Lets go of the folder, and removes it if this run made it and left nothing in it.</summary>
    public void Dispose()
    {
        held.Dispose();
        RemoveEmpty(folder, made);
    }

    /// <summary>The uppermost folder on the way that does not exist; null where all do.</summary>
    static string? FirstMissing(string folder)
    {
        string? missing = null;
        for (var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)); path is not null && !Directory.Exists(path); path = Path.GetDirectoryName(path))
            missing = path;
        return missing;
    }

    static void RemoveEmpty(string folder, string? uppermost)
    {
        if (uppermost is null)
            return;
        for (var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)); path.Length >= uppermost.Length; path = Path.GetDirectoryName(path)!)
            try
            {
                if (Directory.Exists(path))
                    Directory.Delete(path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return;
            }
    }

    /// <summary>EWOULDBLOCK (11 on Linux, 35 on macOS) or Windows' sharing violation: the lock file is open in another run.</summary>
    static bool IsHeld(Exception e) => e is IOException && (OperatingSystem.IsWindows() ? (e.HResult & 0xFFFF) == 32 : e.HResult is 11 or 35);
}
