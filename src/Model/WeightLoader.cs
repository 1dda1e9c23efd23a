using PureLora.Kernels;

namespace PureLora;

/// <summary>
/// Where a decoder's weights come from: a checkpoint, read in place when frozen, or random numbers keyed by seed and
/// name. Linears that <paramref name="quantization"/> covers are quantized while they are read, unless the file has them
/// so. With <paramref name="trainable"/> every weight is an f32 <see cref="Parameter"/> (<c>method: full</c>). A
/// device that only plans needs neither: without a checkpoint and a seed, weights are those of a file that is not there.
/// </summary>
sealed class WeightLoader(Device device, Checkpoint? checkpoint, bool trainable, ulong? seed, ModelConfig config, QuantizationConfig? quantization = null, CancellationToken stop = default) : IDisposable
{
    readonly SortedDictionary<WeightFormat, (long Rented, long Mapped)> sizes = [];
    readonly HashSet<string> read = [];
    readonly List<IDisposable> made = [];
    readonly List<Parameter> parameters = [];
    readonly Dictionary<string, (long[] Shape, bool Transposed)> stored = [];

    /// <summary>The trainable weights under their checkpoint names, in the order of the forward pass.</summary>
    public IReadOnlyList<Parameter> Parameters => parameters;

    /// <summary>Numbers in all weights so far.</summary>
    public long Count { get; private set; }

    /// <summary>Bytes of the weights so far, in each format: in the device's memory, and read in place from a file.</summary>
    public IReadOnlyDictionary<WeightFormat, (long Rented, long Mapped)> Sizes => sizes;

    public Checkpoint? Checkpoint => checkpoint;

    /// <summary>How the linears are quantized, by the file or on the way; null when they are not.</summary>
    public QuantizationConfig? Quantization => quantization;

    /// <summary>The shape that the checkpoint gives a trainable weight: a vector has one dimension.</summary>
    public long[] Shape(string name) => stored[name].Shape;

    public bool IsVector(string name) => stored.TryGetValue(name, out var how) && how.Shape.Length == 1;

    /// <summary>Values [rows, columns] of a trainable weight in the order of its checkpoint.</summary>
    public float[] InFileOrder(Parameter parameter, float[] values) =>
        stored.TryGetValue(parameter.Name, out var how) && how.Transposed ? Transposed.Of(values, parameter.Columns) : values;

    public bool Contains(string name) => checkpoint?.Contains(Stored(name)) ?? true;

    /// <summary>What the checkpoint calls a tensor: its name, or the name that another way of saving gives it.</summary>
    public string Stored(string name)
    {
        if (checkpoint is null || checkpoint.Contains(name))
            return name;
        foreach (var (module, stored) in config.Names.Aliases)
            if (name.StartsWith(module, StringComparison.Ordinal) && $"{stored}{name[module.Length..]}" is var other && checkpoint.Contains(other))
                return other;
        return name;
    }

    /// <summary>A linear of a layer: a matrix [outputs, inputs] under name.weight, and a vector under name.bias if it has one.</summary>
    public Linear Linear(string name, int outputs, int inputs, bool bias) =>
        Make(name, outputs, inputs, bias, config.StoredTransposed, quantization?.StorageOf(name));

    /// <summary>A matrix [rows, columns] under name.weight whose rows are looked up, or the head, which may be that.</summary>
    public Linear Table(string name, int rows, int columns, bool bias = false) => Make(name, rows, columns, bias, false, null);

    Linear Make(string name, int outputs, int inputs, bool bias, bool transposed, Quantization? how)
    {
        stop.ThrowIfCancellationRequested();
        var added = bias ? Bias(name, outputs) : null;
        var weight = $"{name}.weight";
        Count += (long)outputs * inputs;
        var before = device.Bytes;
        var linear = trainable ? new Linear(name, Own(weight, outputs, inputs, null, transposed), added) { IsStoredTransposed = transposed }
            : new Linear(name, Keep(Freeze(weight, outputs, inputs, transposed, how)), added) { IsStoredTransposed = transposed };
        Add(linear.Weight.Format, device.Bytes - before, device.Bytes > before ? 0 : linear.Weight.Bytes);
        return linear;
    }

    /// <summary>The vector name.bias.</summary>
    public Tensor Bias(string name, int length) => Vector($"{name}.bias", length, 0f);

    /// <summary>A norm over <paramref name="length"/> columns under name.weight, with name.bias if it takes the mean off.</summary>
    public Norm Norm(string name, int length, NormConfig how) =>
        new(how, Vector($"{name}.weight", length, (float)(1 - how.Offset)), how.Centered ? Vector($"{name}.bias", length, 0f) : null);

    void Add(WeightFormat format, long rented, long mapped)
    {
        var sum = sizes.GetValueOrDefault(format);
        sizes[format] = (sum.Rented + rented, sum.Mapped + mapped);
    }

    /// <summary>A vector in f32; drawn at random it is all <paramref name="initial"/>.</summary>
    Tensor Vector(string name, int length, float initial)
    {
        Count += length;
        var before = device.Bytes;
        var vector = Own(name, 1, length, initial, false);
        Add(WeightFormat.F32, device.Bytes - before, 0);
        return vector;
    }

    Tensor Own(string name, int rows, int columns, float? initial, bool transposed)
    {
        if ((long)rows * columns > Array.MaxLength)
            throw new PureLoraException($"{name}: the tensor is [{rows}, {columns}], but a trainable one needs at most {Array.MaxLength} numbers. Use a smaller model.");
        long[] shape = initial is not null ? [columns] : transposed ? [columns, rows] : [rows, columns];
        var values = checkpoint is null ? Draw(name, rows * columns, initial) : Read(name, shape);
        if (transposed && checkpoint is not null)
            values = Transposed.Of(values, rows);
        if (!trainable)
            return Keep(new Tensor(device, rows, columns, values));
        var parameter = Keep(new Parameter(device, Stored(name), rows, columns, values));
        parameters.Add(parameter);
        stored.Add(parameter.Name, (shape, transposed));
        return parameter;
    }

    float[] Draw(string name, int length, float? initial)
    {
        if (!device.Computes)
            return [];
        var values = new float[length];
        if (initial is { } constant)
            Array.Fill(values, constant);
        else
            RandomValues.Normal(values, seed!.Value, name, config.InitializerRange);
        return values;
    }

    unsafe Weight Freeze(string module, int rows, int columns, bool transposed, Quantization? how)
    {
        if (seed is { } drawn)
            return Weight.Random(device, how ?? new Quantization(config.Format), module, rows, columns, drawn, (float)config.InitializerRange);
        if (checkpoint is null)
            return how is not null && config.Quantization is not null ? Weight.Over(device, new QuantizedMatrix(how, rows, columns))
                : how is not null ? Weight.Quantize(device, how, module, rows, columns, (_, _) => { })
                : transposed ? Weight.Transposed(device, config.Format, rows, columns, null)
                : Weight.Over(device, config.Format, rows, columns, null);
        var name = Stored(module);
        if (QuantizedTensors.Has(checkpoint, name))
            return Weight.Over(device, ReadQuantized(name, rows, columns));
        var format = Format(Check(module, transposed ? [columns, rows] : [rows, columns]));
        var file = checkpoint.FileOf(name);
        if (how is null || config.Quantization is not null)
            return transposed ? Weight.Transposed(device, format, rows, columns, checkpoint.Pointer(name)) : Weight.Over(device, format, rows, columns, checkpoint.Pointer(name));
        var read = transposed ? Transposed.Reader(file.ReadFloats(name), rows) : file.Floats(name);
        return Weight.Quantize(device, how, $"{file.Path}: tensor {name}", rows, columns, read);
    }

    /// <summary>The quantized matrix of the file, if config.json says of it what it is.</summary>
    QuantizedMatrix ReadQuantized(string name, int rows, int columns)
    {
        var matrix = config.Quantization is null ? null : QuantizedTensors.Read(checkpoint!, name, rows, columns, part => read.Add(part));
        if (matrix is null || matrix.Quantization != config.Quantization!.Storage)
            throw new PureLoraException($"{checkpoint!.FileOf(name).Path}: tensor {name} is {(matrix is null ? "quantized" : $"in {config.Quantization! with { Storage = matrix.Quantization }}")}, "
                + $"but config.json {(matrix is null ? $"has no {QuantizationConfig.Key}" : $"says {config.Quantization} in its {QuantizationConfig.Key}")}. Use the config.json that came with these weights.");
        return matrix;
    }

    float[] Read(string name, long[] shape)
    {
        var info = Check(name, shape);
        return device.Computes ? checkpoint!.FileOf(info.Name).ReadFloats(info.Name) : [];
    }

    TensorInfo Check(string module, long[] shape)
    {
        var name = Stored(module);
        if (!checkpoint!.Contains(name))
            throw new PureLoraException($"{checkpoint.Folder}: tensor {name} is missing, but config.json needs it with shape [{string.Join(", ", shape)}]. Download the whole model folder.");
        var info = checkpoint.Info(name);
        if (!info.Shape.SequenceEqual(shape))
            throw new PureLoraException($"{checkpoint.FileOf(name).Path}: tensor {name} is [{string.Join(", ", info.Shape)}], but config.json needs [{string.Join(", ", shape)}]. Use the config.json that came with these weights.");
        Format(info);
        read.Add(name);
        return info;
    }

    WeightFormat Format(TensorInfo info) => info.DType switch
    {
        DType.F32 => WeightFormat.F32,
        DType.BF16 => WeightFormat.BF16,
        DType.F16 => WeightFormat.F16,
        var other => throw new PureLoraException($"{checkpoint!.FileOf(info.Name).Path}: tensor {info.Name} is {other}, but a weight needs F32, BF16 or F16. Convert the checkpoint to one of these."),
    };

    /// <summary>Refuses a checkpoint that holds a tensor no layer asked for: it is not the model that config.json says.</summary>
    public void RefuseLeftovers(bool tiedHead)
    {
        var head = Stored($"{config.Names.Head}.weight");
        var leftover = checkpoint?.Tensors.Select(t => t.Name).FirstOrDefault(name =>
            !read.Contains(name) && !config.Names.IsLeftover(name) && !(tiedHead && name == head));
        if (leftover is not null)
            throw new PureLoraException($"{checkpoint!.Folder}: tensor {leftover} is in the checkpoint, but the model that config.json describes has no place for it. Use the config.json that came with these weights.");
    }

    /// <summary>Owns <paramref name="value"/> from now on.</summary>
    public T Keep<T>(T value) where T : IDisposable
    {
        made.Add(value);
        return value;
    }

    /// <summary>Frees all it made, also where it did not come to a model, and closes the files.</summary>
    public void Dispose()
    {
        foreach (var value in made)
            value.Dispose();
        checkpoint?.Dispose();
    }
}
