namespace PureLora;

/// <summary>
/// The weights of a Hugging Face folder: <c>model.safetensors</c>, or the shards that <c>model.safetensors.index.json</c>
/// lists, all mapped read-only. A name finds its tensor, whichever file holds it.
/// </summary>
public sealed class Checkpoint : IDisposable
{
    const string Single = "model.safetensors", Index = "model.safetensors.index.json";

    readonly SortedDictionary<string, SafetensorsFile> byName = new(StringComparer.Ordinal);
    readonly List<SafetensorsFile> files = [];

    /// <summary>The folder as it was given to <see cref="Open"/>.</summary>
    public string Folder { get; }

    /// <summary>All tensors of all files, ordered by name (ordinal).</summary>
    public IEnumerable<TensorInfo> Tensors => byName.Select(pair => pair.Value.Tensors[pair.Key]);

    /// <summary>The files, in the order of their names.</summary>
    public IReadOnlyList<SafetensorsFile> Files => files;

    Checkpoint(string folder) => Folder = folder;

    /// <summary>Whether a folder has weights, whole or in shards.</summary>
    public static bool IsIn(string folder) => File.Exists(Path.Combine(folder, Single)) || File.Exists(Path.Combine(folder, Index));

    /// <summary>Maps and checks the weights of a folder. A <see cref="PureLoraException"/> says what is missing or wrong.</summary>
    public static Checkpoint Open(string folder)
    {
        if (!Directory.Exists(folder))
            throw new PureLoraException(File.Exists(folder)
                ? $"{folder}: this is a file, but a model needs a folder with config.json and {Single}. Give the folder."
                : $"{folder}: the folder does not exist. Check the path.");
        var opened = new Checkpoint(folder);
        try
        {
            if (File.Exists(Path.Combine(folder, Single)))
                opened.Add(Path.Combine(folder, Single));
            else if (File.Exists(Path.Combine(folder, Index)))
                opened.AddShards(Path.Combine(folder, Index));
            else
                throw NoWeights(folder);
            return opened;
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    void AddShards(string index)
    {
        var map = CheckpointIndex.Read(index);
        foreach (string shard in map.Values.Distinct().Order(StringComparer.Ordinal))
        {
            string path = Path.Combine(Folder, shard);
            if (!File.Exists(path))
                throw new PureLoraException($"{Folder}: shard {Quote.Name(shard)} is missing, but {Index} needs it. Download the missing file.");
            Add(path);
        }
        foreach (var (name, shard) in map)
        {
            if (!byName.TryGetValue(name, out var file) || Path.GetFileName(file.Path) != shard)
                throw new PureLoraException($"{Path.Combine(Folder, shard)}: tensor {Quote.Name(name)} is missing, but {Index} needs it there. Download the checkpoint again.");
        }
    }

    void Add(string path)
    {
        var file = SafetensorsFile.Open(path);
        files.Add(file);
        foreach (string name in file.Tensors.Keys)
        {
            if (!byName.TryAdd(name, file))
                throw new PureLoraException($"{path}: tensor {Quote.Name(name)} is also in {Path.GetFileName(byName[name].Path)}, but a checkpoint needs it once. Download the checkpoint again.");
        }
    }

    static PureLoraException NoWeights(string folder)
    {
        string[] pickles = ["pytorch_model.bin", "pytorch_model.bin.index.json", "model.pt", "consolidated.00.pth"];
        string? pickle = Array.Find(pickles, name => File.Exists(Path.Combine(folder, name)));
        return new PureLoraException(pickle != null
            ? $"{folder}: the weights are in {pickle}, but PureLora needs safetensors. Download the safetensors version of this model or convert it."
            : $"{folder}: there are no weights, but a model needs {Single} or {Index}. Check the folder or download the model again.");
    }

    /// <summary>Whether there is a tensor of this name.</summary>
    public bool Contains(string name) => byName.ContainsKey(name);

    /// <summary>The file that holds a tensor; an error that names the folder when there is none.</summary>
    public SafetensorsFile FileOf(string name) => byName.TryGetValue(name, out var file)
        ? file
        : throw new PureLoraException($"{Folder}: tensor {Quote.Name(name)} is missing. Check that config.json and the weights belong together.");

    /// <summary>Type, shape and place of a tensor.</summary>
    public TensorInfo Info(string name) => FileOf(name).Info(name);

    /// <summary>First byte of a tensor in its mapped file: unaligned in general, valid until <see cref="Dispose"/>.</summary>
    public unsafe byte* Pointer(string name) => FileOf(name).Pointer(name);

    /// <summary>Throws when any file is no longer what it was at opening.</summary>
    public void CheckUnchanged()
    {
        foreach (var file in files)
            file.CheckUnchanged();
    }

    /// <summary>Unmaps all files.</summary>
    public void Dispose()
    {
        foreach (var file in files)
            file.Dispose();
    }
}
