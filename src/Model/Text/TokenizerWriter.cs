using System.Text.Encodings.Web;
using System.Text.Json;

namespace PureLora;

/// <summary>Writes a byte-level BPE as tokenizer.json and tokenizer_config.json. Token i has id i, special ones first.</summary>
internal sealed class TokenizerWriter(IReadOnlyList<string> tokens, int specialCount, IReadOnlyList<(string Left, string Right)> merges)
{
    const string ByteLevelStep = """{"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true}""";

    public void Write(string folder, string? bosToken, string eosToken, string? padToken)
    {
        Directory.CreateDirectory(folder);
        WriteFile(Path.Combine(folder, "tokenizer.json"), writer => WriteTokenizer(writer, bosToken));
        WriteFile(Path.Combine(folder, "tokenizer_config.json"), writer =>
        {
            writer.WriteString("tokenizer_class", "PreTrainedTokenizerFast");
            if (bosToken is not null) writer.WriteString("bos_token", bosToken);
            writer.WriteString("eos_token", eosToken);
            if (padToken is not null) writer.WriteString("pad_token", padToken);
            writer.WriteBoolean("clean_up_tokenization_spaces", false);
        });
    }

    void WriteTokenizer(Utf8JsonWriter writer, string? bosToken)
    {
        writer.WriteString("version", "1.0");
        writer.WriteNull("truncation");
        writer.WriteNull("padding");
        writer.WriteStartArray("added_tokens");
        for (int id = 0; id < specialCount; id++)
        {
            writer.WriteStartObject();
            writer.WriteNumber("id", id);
            writer.WriteString("content", tokens[id]);
            foreach (string flag in (string[])["single_word", "lstrip", "rstrip", "normalized"]) writer.WriteBoolean(flag, false);
            writer.WriteBoolean("special", true);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        writer.WriteNull("normalizer");
        writer.WritePropertyName("pre_tokenizer");
        writer.WriteRawValue(ByteLevelStep);
        writer.WritePropertyName("post_processor");
        if (bosToken is null) writer.WriteNullValue();
        else writer.WriteRawValue(Template(bosToken));
        writer.WritePropertyName("decoder");
        writer.WriteRawValue(ByteLevelStep);
        writer.WriteStartObject("model");
        writer.WriteString("type", "BPE");
        foreach (string unused in (string[])["dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix"]) writer.WriteNull(unused);
        foreach (string flag in (string[])["fuse_unk", "byte_fallback", "ignore_merges"]) writer.WriteBoolean(flag, false);
        writer.WriteStartObject("vocab");
        for (int id = 0; id < tokens.Count; id++) writer.WriteNumber(tokens[id], id);
        writer.WriteEndObject();
        writer.WriteStartArray("merges");
        foreach (var (left, right) in merges) writer.WriteStringValue($"{left} {right}");
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    string Template(string token)
    {
        int id = tokens.ToList().IndexOf(token);
        return JsonSerializer.Serialize(new
        {
            type = "TemplateProcessing",
            single = new object[] { Special(0), Text("A", 0) },
            pair = new object[] { Special(0), Text("A", 0), Special(1), Text("B", 1) },
            special_tokens = new Dictionary<string, object> { [token] = new { id = token, ids = new[] { id }, tokens = new[] { token } } },
        });

        object Special(int segment) => new { SpecialToken = new { id = token, type_id = segment } };
        static object Text(string name, int segment) => new { Sequence = new { id = name, type_id = segment } };
    }

    static void WriteFile(string file, Action<Utf8JsonWriter> content)
    {
        string beside = file + ".tmp";
        using (var stream = File.Create(beside))
        {
            var options = new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
            using var writer = new Utf8JsonWriter(stream, options);
            writer.WriteStartObject();
            content(writer);
            writer.WriteEndObject();
        }
        File.Move(beside, file, overwrite: true);
    }
}
