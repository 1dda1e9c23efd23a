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
        if (config.Quantization is { } stored)
        {
            if (trainable)
                throw new PureLoraException($"{folder}: the weights are quantized ({stored}), but training them needs F32, BF16 or F16. Use method: lora, or the model that they were quantized from.");
            if (quantization is not null && quantization.Storage.IsFourBit != stored.Storage.IsFourBit)
                throw new UsageException($"{folder}: the weights are quantized already ({stored}), but {quantization} was asked for. Leave load_in_4bit and load_in_8bit out, or use the model that they were quantized from.");
        }
        var loader = new WeightLoader(device, Checkpoint.Open(folder), trainable, null, config, config.Quantization ?? quantization, stop);
        Decoder? model = null;
        try
        {
            model = new Decoder(device, config, loader);
            loader.RefuseLeftovers(model.TiedHead);
            if (config.Quantization is null)
                quantization?.RefuseStrangers(model);
            return model;
        }
        catch
        {
            model?.Dispose();
            loader.Dispose();
            throw;
        }
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
        new(device, config, new WeightLoader(device, null, trainable, seed, config, quantization));

    /// <summary>For a <see cref="PlanDevice"/>: the decoder that <see cref="Load"/> would make of a file that is not there.</summary>
    internal static Decoder Planned(PlanDevice device, ModelConfig config, bool trainable, QuantizationConfig? quantization = null) =>
        new(device, config, new WeightLoader(device, null, trainable, null, config, config.Quantization ?? quantization));
}
