using System.Text.Json;

namespace PureLora;

/// <summary>
/// Reads and checks the JSON header of a safetensors file: <c>{"NAME":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},
/// ..., "__metadata__":{"key":"text"}}</c>. Offsets count from the end of the header and cover the rest of the file
/// exactly, without overlap or hole (huggingface/safetensors, README, "Format").
/// </summary>
internal sealed class SafetensorsHeader
{
    /// <summary>The format's own limits: nobody's header is longer, and no tensor library goes beyond 64 dimensions.</summary>
    public const int MaxBytes = 100_000_000, MaxRank = 64;

    readonly string path;
    readonly long dataStart, fileLength;

    public SortedDictionary<string, TensorInfo> Tensors { get; } = new(StringComparer.Ordinal);

    public SortedDictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);

    public SafetensorsHeader(string path, ReadOnlySpan<byte> json, long fileLength)
    {
        this.path = path;
        this.fileLength = fileLength;
        dataStart = 8 + json.Length;
        var reader = new Utf8JsonReader(json);
        try
        {
            ReadAll(ref reader);
        }
        // InvalidOperationException: text that is not Unicode (bad UTF-8, half a surrogate pair).
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new PureLoraException($"{path}: the header is not valid JSON near byte {8 + reader.BytesConsumed}, but a safetensors file needs it. Download the file again.", e);
        }
        CheckCover();
    }

    void ReadAll(ref Utf8JsonReader reader)
    {
        reader.Read();
        Expect(reader, JsonTokenType.StartObject, "the header", "an object");
        bool metadataSeen = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            reader.Read();
            if (name != "__metadata__")
            {
                var info = ReadTensor(ref reader, name);
                if (!Tensors.TryAdd(name, info))
                    throw Wrong($"tensor {Quote.Name(name)} is there twice, but a name needs to be unique");
                continue;
            }
            if (metadataSeen)
                throw Wrong("'__metadata__' is there twice, but a name needs to be unique");
            metadataSeen = true;
            ReadMetadata(ref reader);
        }
        // Reads to the end of the text, where anything but white space is an error.
        reader.Read();
    }

    void ReadMetadata(ref Utf8JsonReader reader)
    {
        Expect(reader, JsonTokenType.StartObject, "'__metadata__'", "an object");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = reader.GetString()!;
            reader.Read();
            Expect(reader, JsonTokenType.String, $"metadata {Quote.Name(key)}", "a text");
            if (!Metadata.TryAdd(key, reader.GetString()!))
                throw Wrong($"metadata {Quote.Name(key)} is there twice, but a name needs to be unique");
        }
    }

    TensorInfo ReadTensor(ref Utf8JsonReader reader, string name)
    {
        string what = $"tensor {Quote.Name(name)}";
        Expect(reader, JsonTokenType.StartObject, what, "an object");
        DType? type = null;
        long[]? shape = null, offsets = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = reader.GetString()!;
            reader.Read();
            if (key == "dtype" && type == null)
                type = ReadType(ref reader, what);
            else if (key == "shape" && shape == null)
                shape = ReadLongs(ref reader, $"{what}: shape", MaxRank);
            else if (key == "data_offsets" && offsets == null)
                offsets = ReadLongs(ref reader, $"{what}: data_offsets", 2);
            else if (key is "dtype" or "shape" or "data_offsets")
                throw Wrong($"{what}: {key} is there twice, but it needs to be unique");
            else
                reader.Skip();
        }
        string? missing = type == null ? "dtype" : shape == null ? "shape" : offsets == null ? "data_offsets" : null;
        if (missing != null)
            throw Wrong($"{what}: {missing} is missing, but every tensor needs dtype, shape and data_offsets");
        return Place(name, what, type!.Value, shape!, offsets!);
    }

    TensorInfo Place(string name, string what, DType type, long[] shape, long[] offsets)
    {
        if (!TensorInfo.TryCountBytes(type, shape, out long bytes))
            throw Wrong($"{what}: its size is more than 64 bits can count ({TensorInfo.Show(type, shape)}), but it needs to fit the file");
        if (offsets.Length != 2 || offsets[0] > offsets[1])
            throw Wrong($"{what}: data_offsets is [{string.Join(", ", offsets)}], but it needs a begin and an end, in this order");
        if (offsets[1] > fileLength - dataStart)
            throw Wrong($"the file is {fileLength} bytes, but {what} needs bytes up to {(decimal)dataStart + offsets[1]}");
        if (offsets[1] - offsets[0] != bytes)
            throw Wrong($"{what} at byte {dataStart + offsets[0]} is {offsets[1] - offsets[0]} bytes, but {TensorInfo.Show(type, shape)} needs {bytes}");
        return new TensorInfo(name, type, shape, dataStart + offsets[0], bytes);
    }

    DType ReadType(ref Utf8JsonReader reader, string what)
    {
        Expect(reader, JsonTokenType.String, $"{what}: dtype", "a text");
        string text = reader.GetString()!;
        if (!DTypes.TryParse(text, out var type))
            throw new PureLoraException($"{path}: {what}: dtype is {Quote.Name(text)}, but PureLora needs one of {DTypes.All}. Use a checkpoint in one of these types.");
        return type;
    }

    long[] ReadLongs(ref Utf8JsonReader reader, string what, int most)
    {
        Expect(reader, JsonTokenType.StartArray, what, "a list of numbers");
        var values = new List<long>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out long value) || value < 0)
                throw Wrong($"{what} holds something else at byte {8 + reader.TokenStartIndex}, but it needs whole numbers from 0 up");
            if (values.Count == most)
                throw Wrong($"{what} is longer than {most} numbers, but it needs at most {most}");
            values.Add(value);
        }
        return [.. values];
    }

    /// <summary>Every byte after the header belongs to exactly one tensor.</summary>
    void CheckCover()
    {
        var inOrder = Tensors.Values.OrderBy(t => t.Offset).ThenBy(t => t.Bytes);
        long at = dataStart;
        TensorInfo? before = null;
        foreach (var tensor in inOrder)
        {
            if (tensor.Offset < at)
                throw Wrong($"tensor {Quote.Name(tensor.Name)} begins at byte {tensor.Offset}, but tensor {Quote.Name(before!.Name)} needs the bytes up to {at}");
            if (tensor.Offset > at)
                throw Wrong($"tensor {Quote.Name(tensor.Name)} begins at byte {tensor.Offset}, but the format needs it at {at}, without a hole");
            at += tensor.Bytes;
            before = tensor;
        }
        if (at != fileLength)
            throw Wrong($"the file is {fileLength} bytes, but its tensors need {at}");
    }

    void Expect(in Utf8JsonReader reader, JsonTokenType type, string what, string needed)
    {
        if (reader.TokenType != type)
            throw Wrong($"{what} is something else at byte {8 + reader.TokenStartIndex}, but the format needs {needed}");
    }

    PureLoraException Wrong(string text) => new($"{path}: {text}. Download the file again or write it anew.");
}
