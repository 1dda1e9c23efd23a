using PureLora.Kernels;

namespace PureLora;

/// <summary>Opens models: a decoder from a Hugging Face folder, or one with random weights.</summary>
public static class Pretrained
{
    /// <summary>
    /// The decoder in <paramref name="folder"/>: <c>config.json</c> and <c>model.safetensors</c> or shards with an
    /// index. Frozen, its matrices stay in the mapped files in their own format; <paramref name="trainable"/>, every
    /// weight is copied into an f32 parameter. With <paramref name="quantization"/> the linears of a plain checkpoint are
    /// quantized one by one while they are read; those of a quantized one are taken as they are. <paramref name="stop"/>
    /// ends it between two linears.
    /// </summary>
    public static Decoder Load(Device device, string folder, bool trainable = false, QuantizationConfig? quantization = null, CancellationToken stop = default)
    {
        var config = Families.Read(folder);
        if (trainable && config.Quantization is { } stored)
            throw new PureLoraException($"{folder}: the weights are quantized ({stored}), but training them needs F32, BF16 or F16. Use method: lora, or the model that they were quantized from.");
        return Make(folder, config, quantization, new WeightLoader(device, Checkpoint.Open(folder), trainable, null, config, config.Quantization ?? quantization, stop), device);
    }

    /// <summary>
    /// A trainable decoder of the shape that <paramref name="folder"/>'s <c>config.json</c> gives, with weights drawn
    /// from <paramref name="seed"/>: matrices N(0, initializer_range²), norms one, biases zero.
    /// </summary>
    public static Decoder Random(Device device, string folder, ulong seed) => Random(device, Families.Read(folder), trainable: true, seed);

    /// <summary>
    /// A decoder of the shape <paramref name="config"/>, trainable as above, or frozen with matrices that are drawn in
    /// place, in the configuration's format or quantized.
    /// </summary>
    internal static Decoder Random(Device device, ModelConfig config, bool trainable, ulong seed, QuantizationConfig? quantization = null) =>
        Make("shape", config, quantization, new WeightLoader(device, null, trainable, seed, config, quantization), device);

    /// <summary>For a <see cref="PlanDevice"/>: the decoder that <see cref="Load"/> would make of the weights that are not in <paramref name="folder"/>.</summary>
    internal static Decoder Planned(PlanDevice device, string folder, bool trainable, QuantizationConfig? quantization = null)
    {
        var config = Families.Read(folder);
        return Make(folder, config, quantization, new WeightLoader(device, null, trainable, null, config, config.Quantization ?? quantization), device);
    }

    /// <summary>The decoder of what <paramref name="loader"/> gives, whose linears are held as <paramref name="asked"/>; or nothing is left of it.</summary>
    static Decoder Make(string folder, ModelConfig config, QuantizationConfig? asked, WeightLoader loader, Device device)
    {
        Decoder? model = null;
        try
        {
            model = new Decoder(device, config, loader);
            loader.RefuseLeftovers(model.TiedHead);
            if (config.Quantization is not { } stored)
                asked?.RefuseStrangers(model);
            else if (asked is not null && !QuantizationConfig.AreSame(model, asked, stored))
                throw new UsageException($"{folder}: the weights are quantized already ({stored.InFull}), but {asked.InFull} was asked for. Leave load_in_4bit and load_in_8bit out, or use the model that they were quantized from.");
            return model;
        }
        catch
        {
            model?.Dispose();
            loader.Dispose();
            throw;
        }
    }
}
