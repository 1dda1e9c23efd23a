using System.Text.Json.Nodes;

namespace PureLora;

/// <summary>Writes a model as a Hugging Face folder: weights, settings and the tokenizer's files.</summary>
public static class ModelFolder
{
    static readonly string[] copied =
    [
        "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json",
        "tokenizer.model", "vocab.json", "merges.txt", "chat_template.jinja",
    ];

    /// <summary>
    /// Saves <paramref name="model"/>, adapters merged, into <paramref name="folder"/>, which must be new or empty. All
    /// is written into a folder beside it that is renamed at the end.
    /// </summary>
    /// <param name="model">The model to save.</param>
    /// <param name="source">The folder it came from: settings and tokenizer files are copied from there.</param>
    /// <param name="folder">The folder to make.</param>
    /// <param name="format">The type of every tensor; null keeps each tensor's own, and F32 where it was trained.</param>
    /// <param name="quantization">How the linears are written; null writes them plain.</param>
    /// <param name="stop">Ends it between two tensors; nothing is left then.</param>
    /// <returns>What merged linears lost in being quantized again; null where none were.</returns>
    public static QuantizationError? Save(Decoder model, string source, string folder, DType? format = null, QuantizationConfig? quantization = null, CancellationToken stop = default)
    {
        RefuseOccupied(folder);
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        var partial = Path.Combine(Path.GetDirectoryName(full) ?? full, $".{Path.GetFileName(full)}.{Path.GetRandomFileName()}");
        try
        {
            Directory.CreateDirectory(partial);
            var lost = WriteFiles(model, source, partial, format, quantization, stop);
            if (Directory.Exists(folder))
                Directory.Delete(folder);
            Directory.Move(partial, full);
            return lost;
        }
        catch (Exception e)
        {
            if (Directory.Exists(partial))
                Directory.Delete(partial, recursive: true);
            // The folder beside is gone, so errors name the one that was asked for.
            if (e is PureLoraException && e.Message.Contains(partial, StringComparison.Ordinal))
                throw new PureLoraException(e.Message.Replace(partial, Path.TrimEndingDirectorySeparator(folder), StringComparison.Ordinal), e);
            if (e is IOException or UnauthorizedAccessException)
                throw new PureLoraException($"{folder}: the model could not be written ({e.Message.TrimEnd('.')}). Free some space, or choose another folder.", e);
            throw;
        }
    }

    /// <summary>Writes the weights and copies the other files into a folder that exists.</summary>
    internal static QuantizationError? WriteFiles(Decoder model, string source, string folder, DType? format, QuantizationConfig? quantization = null, CancellationToken stop = default)
    {
        model.CheckUnchanged();
        using var tensors = new ModelTensors(model, format, quantization);
        SafetensorsWriter.Write(Path.Combine(folder, "model.safetensors"), tensors.All().Select(Stoppable));
        foreach (var name in copied)
            if (File.Exists(Path.Combine(source, name)))
                AtomicFile.Write(Path.Combine(folder, name), stream =>
                {
                    using var original = File.OpenRead(Path.Combine(source, name));
                    original.CopyTo(stream);
                });
        var settings = Path.Combine(folder, "config.json");
        if (format is not null || model.Parameters.Count > 0)
            Change(settings, json => json[json.ContainsKey("dtype") ? "dtype" : "torch_dtype"] = QuantState.TypeName(format ?? DType.F32));
        if (quantization is not null)
            Change(settings, json => json[QuantizationConfig.Key] = quantization.ToJson((string?)json["dtype"] ?? (string?)json["torch_dtype"] ?? "float32", model.Config.Names.Head));
        else if (model.Config.Quantization is not null)
            Change(settings, json => json.Remove(QuantizationConfig.Key));
        return tensors.Lost;

        TensorSource Stoppable(TensorSource tensor)
        {
            stop.ThrowIfCancellationRequested();
            return tensor with
            {
                Write = stream =>
                {
                    stop.ThrowIfCancellationRequested();
                    tensor.Write(stream);
                },
            };
        }
    }

    /// <summary>Throws unless <paramref name="folder"/> can be made: it is new or empty.</summary>
    public static void RefuseOccupied(string folder)
    {
        if (File.Exists(folder) || (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any()))
            throw new PureLoraException($"{folder}: it exists and is not empty, but the model needs a folder of its own. Choose another name, or remove it first.");
    }

    static void Change(string path, Action<JsonObject> change)
    {
        var settings = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        change(settings);
        AtomicFile.Write(path, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(settings.ToJsonString(new() { WriteIndented = true, NewLine = "\n" }) + "\n")));
    }
}
