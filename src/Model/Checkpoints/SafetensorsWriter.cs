using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace PureLora;

/// <summary>
/// Writes a safetensors file, whole or not at all. The bytes depend on the tensors alone: larger element types first
/// (PyTorch cannot map a float that a byte tensor has pushed off its alignment), then by name, the header padded with
/// spaces to a multiple of 8, which is what huggingface/safetensors writes, byte for byte.
/// </summary>
public static class SafetensorsWriter
{
    static readonly SortedDictionary<string, string> PyTorch = new() { ["format"] = "pt" };

    static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>
    /// Writes <paramref name="tensors"/>, one at a time, to <paramref name="path"/>. Names are unique; each source writes
    /// exactly the bytes its type and shape need. Metadata is <c>{"format":"pt"}</c> when null, none when empty.
    /// </summary>
    public static void Write(string path, IEnumerable<TensorSource> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        var sorted = tensors.OrderByDescending(t => t.DType).ThenBy(t => t.Name, StringComparer.Ordinal).ToArray();
        byte[] header = Header(path, sorted, metadata ?? PyTorch, out long[] bytes);
        AtomicFile.Write(path, stream =>
        {
            Span<byte> length = stackalloc byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
            stream.Write(length);
            stream.Write(header);
            for (int i = 0; i < sorted.Length; i++)
            {
                long before = stream.Position;
                sorted[i].Write(stream);
                if (stream.Position - before != bytes[i])
                    throw new ArgumentException(Wrong(path, sorted[i], $"is {stream.Position - before} bytes, but {TensorInfo.Show(sorted[i].DType, sorted[i].Shape)} needs {bytes[i]}"));
            }
        });
    }

    static byte[] Header(string path, TensorSource[] sorted, IReadOnlyDictionary<string, string> metadata, out long[] bytes)
    {
        var text = new ArrayBufferWriter<byte>(1024);
        using var json = new Utf8JsonWriter(text, Plain);
        json.WriteStartObject();
        if (metadata.Count > 0)
        {
            json.WriteStartObject("__metadata__");
            foreach (var (key, value) in metadata.OrderBy(m => m.Key, StringComparer.Ordinal))
                json.WriteString(key, value);
            json.WriteEndObject();
        }
        var names = new HashSet<string>(StringComparer.Ordinal);
        bytes = new long[sorted.Length];
        long at = 0;
        for (int i = 0; i < sorted.Length; i++)
        {
            var tensor = sorted[i];
            if (tensor.Name == "__metadata__" || !names.Add(tensor.Name) || !IsUnicode(tensor.Name))
                throw new ArgumentException(Wrong(path, tensor, "is reserved, there twice or not Unicode, but a name needs to be unique and valid"));
            if (!TensorInfo.TryCountBytes(tensor.DType, tensor.Shape, out bytes[i]))
                throw new ArgumentException(Wrong(path, tensor, $"is {TensorInfo.Show(tensor.DType, tensor.Shape)}, but a size needs to be countable"));
            WriteEntry(json, tensor, at, at + bytes[i]);
            at += bytes[i];
        }
        json.WriteEndObject();
        json.Flush();
        byte[] padded = new byte[(text.WrittenCount + 7) / 8 * 8];
        padded.AsSpan().Fill((byte)' ');
        text.WrittenSpan.CopyTo(padded);
        if (padded.Length > SafetensorsHeader.MaxBytes)
            throw new ArgumentException($"{path}: the header is {padded.Length} bytes, but the format needs at most {SafetensorsHeader.MaxBytes}.");
        return padded;
    }

    static void WriteEntry(Utf8JsonWriter json, TensorSource tensor, long begin, long end)
    {
        json.WriteStartObject(tensor.Name);
        json.WriteString("dtype", tensor.DType.Name());
        json.WriteStartArray("shape");
        foreach (long size in tensor.Shape)
            json.WriteNumberValue(size);
        json.WriteEndArray();
        json.WriteStartArray("data_offsets");
        json.WriteNumberValue(begin);
        json.WriteNumberValue(end);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    static bool IsUnicode(string name) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(name)) == name;

    static string Wrong(string path, TensorSource tensor, string text) => $"{path}: tensor {Quote.Name(tensor.Name)} {text}.";
}
