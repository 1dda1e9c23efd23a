using PureLora.Kernels;

namespace PureLora;

/// <summary>
/// The tensors of a model on their way into a checkpoint, under the names of the one it came from, each linear with its
/// adapter merged in. One merged tensor at a time is in memory, and the quantized ones until they are written.
/// </summary>
/// <param name="model">A decoder, with or without adapters.</param>
/// <param name="format">The type of every float tensor; null keeps each tensor's own, and F32 where it was trained.</param>
/// <param name="quantization">How those linears are written that are held quantized; null writes them plain.</param>
sealed class ModelTensors(Decoder model, DType? format, QuantizationConfig? quantization) : IDisposable
{
    readonly List<QuantizedMatrix> made = [];

    /// <summary>What merged linears lost in being quantized again, once <see cref="All"/> was walked; null where none were.</summary>
    public QuantizationError? Lost { get; private set; }

    public IEnumerable<TensorSource> All()
    {
        var linears = model.Linears.ToDictionary(layer => model.Weights.Stored($"{layer.Name}.weight"));
        if (model.TiedHead && linears[model.Weights.Stored($"{model.Config.Names.Head}.weight")] is LoraLinear)
            throw new PureLoraException($"merge: the adapter changes {model.Config.Names.Head}, but the model's head is its embedding table, and the merged model needs them to be the same. Train without {model.Config.Names.Head} in target_modules.");
        if (model.Weights.Checkpoint is not { } checkpoint || model.Parameters.Count > 0)
        {
            foreach (var p in model.Parameters)
                yield return Later(p.Name, model.ShapeOf(p), linears.GetValueOrDefault(p.Name) is LoraLinear changed ? Merged(changed) : Of(() => model.InFileOrder(p, p.Data.ToArray())), format ?? DType.F32);
            foreach (var beside in model.Weights.Checkpoint?.Tensors.Where(t => model.Config.Names.IsStranger(t.Name)) ?? [])
                yield return TensorSource.FromFile(model.Weights.Checkpoint!.FileOf(beside.Name), beside.Name);
            yield break;
        }
        foreach (var info in checkpoint.Tensors)
        {
            var file = checkpoint.FileOf(info.Name);
            if (linears.GetValueOrDefault(info.Name) is { } linear && (linear is LoraLinear || IsQuantized(linear)))
            {
                foreach (var tensor in Changed(linear, info.Name, format ?? TypeOf(checkpoint, info)))
                    yield return tensor;
            }
            else if (QuantizedTensors.Owner(info.Name) is { } owner && linears.TryGetValue(owner, out var quantized) && IsQuantized(quantized))
                continue;
            else if (format is null || format == info.DType)
                yield return TensorSource.FromFile(file, info.Name);
            else
                yield return Later(info.Name, info.Shape, () => file.Floats(info.Name), format.Value);
        }
    }

    /// <summary>A linear that is not what its file holds: quantized, or plain and computed when it is written.</summary>
    IEnumerable<TensorSource> Changed(ILinear linear, string name, DType type)
    {
        if (quantization is not null && IsQuantized(linear))
            return QuantizedTensors.Write(name, linear is LoraLinear merged ? Quantize(merged) : ((Linear)linear).Weight.Quantized!, type);
        return [Later(name, IsTransposed(linear) ? [linear.Inputs, linear.Outputs] : [linear.Outputs, linear.Inputs], linear is LoraLinear layer ? Merged(layer) : () => Values((Linear)linear), type)];
    }

    QuantizedMatrix Quantize(LoraLinear layer)
    {
        var read = Of(layer.Merge)();
        var matrix = Quantizer.Quantize(model.Device as CpuDevice, quantization!.Storage, $"{layer.Name}.weight with its adapter", layer.Outputs, layer.Inputs, read);
        made.Add(matrix);
        Lost = QuantizationError.Of(matrix, read).Plus(Lost);
        return matrix;
    }

    FloatReader Values(Linear linear)
    {
        if (model.Device.ReadsHostMemory && !linear.IsStoredTransposed)
            return linear.Weight.Read;
        using var values = linear.Weight.ToF32(model.Device);
        return Of(() => InFileOrder(linear, values.ToArray()))();
    }

    /// <summary>The sum is computed in one array, when it is asked for.</summary>
    static Func<FloatReader> Merged(LoraLinear layer) => (long)layer.Outputs * layer.Inputs <= Array.MaxLength ? Of(() => InFileOrder(layer, layer.Merge())) : throw new PureLoraException(
        $"merge: {layer.Name} is [{layer.Outputs}, {layer.Inputs}], but a merged linear needs at most {Array.MaxLength} numbers. Leave it out of target_modules.");

    static Func<FloatReader> Of(Func<float[]> make) => () =>
    {
        var values = make();
        return (first, target) => values.AsSpan((int)first, target.Length).CopyTo(target);
    };

    static float[] InFileOrder(ILinear linear, float[] values) => IsTransposed(linear) ? Transposed.Of(values, linear.Inputs) : values;

    static bool IsTransposed(ILinear linear) => linear is LoraLinear layer ? IsTransposed(layer.Inner) : linear is Linear { IsStoredTransposed: true };

    static bool IsQuantized(ILinear linear) => linear switch
    {
        LoraLinear layer => IsQuantized(layer.Inner),
        Linear plain => plain.Weight.Format >= WeightFormat.INT8,
        _ => false,
    };

    /// <summary>What a tensor is written as: its own type, or the one before it was quantized.</summary>
    DType TypeOf(Checkpoint checkpoint, TensorInfo info) => QuantizedTensors.Has(checkpoint, info.Name)
        ? QuantizedTensors.TypeBefore(checkpoint, info.Name) ?? (DType)Enum.Parse(typeof(DType), model.Config.Format.ToString())
        : info.DType;

    /// <summary>A tensor whose values are computed when it is written, so that not all are in memory at once.</summary>
    static TensorSource Later(string name, long[] shape, Func<FloatReader> values, DType type) =>
        new(name, type, shape, stream => TensorSource.FromReader(name, shape, shape.Aggregate(1L, (all, size) => all * size), values(), type).Write(stream));

    public void Dispose()
    {
        foreach (var matrix in made)
            matrix.Dispose();
    }
}
