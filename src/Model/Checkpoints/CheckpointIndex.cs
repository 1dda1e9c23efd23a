using System.Text.Json;

namespace PureLora;

/// <summary>
/// Reads <c>model.safetensors.index.json</c>: <c>{"metadata":{...},"weight_map":{"TENSOR":"model-00001-of-00003.safetensors"}}</c>,
/// as Transformers writes it for a checkpoint in several files.
/// </summary>
internal static class CheckpointIndex
{
    /// <summary>Tensor name to shard file name, ordered by tensor name. A shard is a plain file name beside the index.</summary>
    public static SortedDictionary<string, string> Read(string path)
    {
        var map = new SortedDictionary<string, string>(StringComparer.Ordinal);
        try
        {
            long length = new FileInfo(path).Length;
            if (length > SafetensorsHeader.MaxBytes)
                throw Wrong(path, $"the file is {length} bytes, but an index needs at most {SafetensorsHeader.MaxBytes}");
            using var json = JsonDocument.Parse(File.ReadAllBytes(path), new JsonDocumentOptions { AllowDuplicateProperties = false });
            if (json.RootElement.ValueKind != JsonValueKind.Object
                || !json.RootElement.TryGetProperty("weight_map", out var weights) || weights.ValueKind != JsonValueKind.Object)
                throw Wrong(path, "'weight_map' is missing or not an object, but an index needs it");
            foreach (var entry in weights.EnumerateObject())
                map.Add(entry.Name, ShardName(path, entry));
        }
        // InvalidOperationException: text that is not Unicode.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw Wrong(path, $"the file is not valid JSON ({Place(e)}), but an index needs it", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PureLoraException($"{path}: the file cannot be read ({e.Message.TrimEnd('.')}). Check that you may read it.", e);
        }
        return map.Count > 0 ? map : throw Wrong(path, "'weight_map' is empty, but an index needs at least one tensor");
    }

    static string ShardName(string path, JsonProperty entry)
    {
        if (entry.Value.ValueKind != JsonValueKind.String)
            throw Wrong(path, $"the shard of tensor {Quote.Name(entry.Name)} is {entry.Value.ValueKind}, but weight_map needs a file name");
        string shard = entry.Value.GetString()!;
        if (shard is "" or "." or ".." || shard.AsSpan().IndexOfAny("/\\:\0") >= 0)
            throw Wrong(path, $"the shard of tensor {Quote.Name(entry.Name)} is {Quote.Name(shard)}, but it needs to be a file name inside the folder");
        return shard;
    }

    static string Place(Exception e) => e is JsonException { LineNumber: long line } ? $"line {line + 1}" : "text that is not Unicode or a name twice";

    static PureLoraException Wrong(string path, string text, Exception? cause = null)
    {
        string message = $"{path}: {text}. Download the checkpoint again.";
        return cause == null ? new(message) : new(message, cause);
    }
}
