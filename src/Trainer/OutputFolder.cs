using System.Text;

namespace PureLora;

/// <summary>
/// The folder a run writes into. It is ours when it is new, empty, or holds a <see cref="Marker"/> from an earlier run,
/// whose results then stay until the new ones replace them file by file.
/// </summary>
public static class OutputFolder
{
    /// <summary>The run's own configuration, which also marks the folder as ours.</summary>
    public const string Marker = "purelora.yaml";

    /// <summary>Refuses a folder with someone else's files in it, before anything costly is done.</summary>
    public static void Check(string folder)
    {
        if (File.Exists(folder))
            throw new PureLoraException($"{folder}: it is a file, but output_dir needs a folder. Choose another name.");
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any() && !File.Exists(Path.Combine(folder, Marker)))
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
        if (File.Exists(Path.Combine(folder, foreign)))
            throw new PureLoraException($"{folder}: it holds {foreign} of an earlier run, but method {config.Method} needs a folder without it. Choose another output_dir.");
    }

    /// <summary>Makes the folder and puts the configuration into it.</summary>
    public static void Begin(string folder, string yaml)
    {
        Check(folder);
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PureLoraException($"{folder}: the folder could not be made ({e.Message.TrimEnd('.')}). Choose another output_dir.", e);
        }
        AtomicFile.Write(Path.Combine(folder, Marker), stream => stream.Write(Encoding.UTF8.GetBytes(yaml)));
    }
}
