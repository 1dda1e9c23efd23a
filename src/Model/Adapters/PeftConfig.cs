using System.Text.Json;

namespace PureLora;

/// <summary>
/// <c>adapter_config.json</c> as PEFT writes and reads it. Only keys that every PEFT release knows are written; a
/// setting that changes what the adapter computes and that is not supported here is an error, never ignored.
/// </summary>
static class PeftConfig
{
    public const string FileName = "adapter_config.json";

    public static void Write(string path, LoraConfig config, string baseModel, IReadOnlyList<string> modules, bool fanInFanOut = false) => AtomicFile.Write(path, stream =>
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" });
        json.WriteStartObject();
        json.WriteStartObject("alpha_pattern");
        json.WriteEndObject();
        json.WriteNull("auto_mapping");
        json.WriteString("base_model_name_or_path", baseModel);
        json.WriteString("bias", "none");
        json.WriteBoolean("fan_in_fan_out", fanInFanOut);
        json.WriteBoolean("inference_mode", true);
        if (config.InitLoraWeights == LoraInit.Gaussian)
            json.WriteString("init_lora_weights", "gaussian");
        else
            json.WriteBoolean("init_lora_weights", true);
        json.WriteNull("layers_pattern");
        json.WriteNull("layers_to_transform");
        json.WriteNumber("lora_alpha", config.LoraAlpha);
        json.WriteNumber("lora_dropout", config.LoraDropout);
        json.WriteNull("modules_to_save");
        json.WriteString("peft_type", "LORA");
        json.WriteNumber("r", config.R);
        json.WriteStartObject("rank_pattern");
        json.WriteEndObject();
        json.WriteNull("revision");
        WriteTargets(json, config.TargetModules, modules);
        json.WriteString("task_type", "CAUSAL_LM");
        json.WriteBoolean("use_rslora", config.UseRslora);
        json.WriteEndObject();
        json.Flush();
        stream.WriteByte((byte)'\n');
    });

    /// <summary>An expression as it is; a list sorted; all-linear as the modules it came to, as PEFT does.</summary>
    static void WriteTargets(Utf8JsonWriter json, TargetModules targets, IReadOnlyList<string> modules)
    {
        if (targets.Expression is not null)
        {
            json.WriteString("target_modules", targets.Expression);
            return;
        }
        json.WriteStartArray("target_modules");
        foreach (var name in (targets.AllLinear ? modules : targets.Names).Order(StringComparer.Ordinal))
            json.WriteStringValue(name);
        json.WriteEndArray();
    }

    /// <summary>The model that an adapter was trained on, as its writer named it; null where it is not said.</summary>
    public static string? BaseModel(string path)
    {
        using var document = ConfigJson.Parse(path, "an adapter's", "Save the adapter again.");
        return new ConfigJson(path, document.RootElement, "adapter").OptionalString("base_model_name_or_path");
    }

    public static LoraConfig Read(string path)
    {
        using var document = ConfigJson.Parse(path, "an adapter's", "Save the adapter again.");
        var file = new ConfigJson(path, document.RootElement, "adapter");
        Require(file, "peft_type", file.OptionalString("peft_type") ?? "missing", "LORA");
        Require(file, "bias", file.OptionalString("bias") ?? "none", "none");
        foreach (var key in (string[])["use_dora", "lora_bias", "use_qalora", "ensure_weight_tying"])
            if (file.OptionalBool(key) is true)
                throw file.Unsupported(key, "true", "false");
        foreach (var key in (string[])["modules_to_save", "rank_pattern", "alpha_pattern", "layer_replication", "trainable_token_indices", "target_parameters", "alora_invocation_tokens", "megatron_config"])
            if (!file.IsEmpty(key))
                throw file.Unsupported(key, "set", "an adapter without it");
        try
        {
            return Settings(file);
        }
        catch (UsageException e)
        {
            throw new PureLoraException($"{path}: {e.Message}", e);
        }
    }

    static LoraConfig Settings(ConfigJson file)
    {
        var config = new LoraConfig
        {
            R = file.Int("r"),
            LoraAlpha = file.OptionalDouble("lora_alpha") ?? throw file.Wrong("lora_alpha", "missing", "a number"),
            LoraDropout = file.Double("lora_dropout", 0),
            UseRslora = file.Bool("use_rslora", false),
            TargetModules = file.Strings("target_modules") is { Count: > 0 } names ? TargetModules.List(names)
                : file.OptionalString("target_modules") is { } text ? TargetModules.Text(text) : TargetModules.Text("all-linear"),
        };
        config.Validate();
        return config;
    }

    static void Require(ConfigJson file, string key, string found, string needed)
    {
        if (found != needed)
            throw file.Wrong(key, found, needed);
    }
}
