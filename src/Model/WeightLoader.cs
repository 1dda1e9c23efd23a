namespace PureLora;

/// <summary>
/// Where a decoder's weights come from: a checkpoint, read in place when frozen, or random numbers keyed by seed and
/// name. With <paramref name="trainable"/> every weight is an f32 <see cref="Parameter"/> (<c>method: full</c>).
/// </summary>
sealed class WeightLoader(Device device, Checkpoint? checkpoint, bool trainable, ulong seed, double range) : IDisposable
{
    readonly HashSet<string> read = [];
    readonly List<IDisposable> made = [];
    readonly List<Parameter> parameters = [];
    readonly Dictionary<string, long[]> shapes = [];

    /// <summary>The trainable weights under their checkpoint names, in the order of the forward pass.</summary>
    public IReadOnlyList<Parameter> Parameters => parameters;

    /// <summary>Numbers in all weights so far.</summary>
    public long Count { get; private set; }

    public Checkpoint? Checkpoint => checkpoint;

    /// <summary>The shape that the checkpoint gives a trainable weight: a vector has one dimension.</summary>
    public long[] Shape(string name) => shapes[name];

    public bool Contains(string name) => checkpoint?.Contains(name) ?? false;

    /// <summary>A matrix [outputs, inputs] under name.weight, and a vector under name.bias if it has one.</summary>
    public Linear Linear(string name, int outputs, int inputs, bool bias)
    {
        var added = bias ? Vector($"{name}.bias", outputs, 0f) : null;
        var weight = $"{name}.weight";
        Count += (long)outputs * inputs;
        return trainable || checkpoint is null
            ? new Linear(name, Own(weight, outputs, inputs, null), added)
            : new Linear(name, Keep(Map(weight, outputs, inputs)), added);
    }

    /// <summary>A vector in f32; drawn at random it is all <paramref name="initial"/>.</summary>
    public Tensor Vector(string name, int length, float initial)
    {
        Count += length;
        return Own(name, 1, length, initial);
    }

    Tensor Own(string name, int rows, int columns, float? initial)
    {
        if ((long)rows * columns > Array.MaxLength)
            throw new PureLoraException($"{name}: the tensor is [{rows}, {columns}], but a trainable one needs at most {Array.MaxLength} numbers. Use a smaller model.");
        var values = checkpoint is null ? Draw(name, rows * columns, initial) : Read(name, initial is null ? [rows, columns] : [columns]);
        if (!trainable)
            return Keep(new Tensor(device, rows, columns, values));
        var parameter = Keep(new Parameter(device, name, rows, columns, values));
        parameters.Add(parameter);
        shapes.Add(name, initial is null ? [rows, columns] : [columns]);
        return parameter;
    }

    float[] Draw(string name, int length, float? initial)
    {
        var values = new float[length];
        if (initial is { } constant)
            Array.Fill(values, constant);
        else
            RandomValues.Normal(values, seed, name, range);
        return values;
    }

    unsafe Weight Map(string name, int rows, int columns)
    {
        var info = Check(name, [rows, columns]);
        return Weight.Over(device, Format(info), rows, columns, checkpoint!.Pointer(name));
    }

    float[] Read(string name, long[] shape)
    {
        Check(name, shape);
        return checkpoint!.FileOf(name).ReadFloats(name);
    }

    TensorInfo Check(string name, long[] shape)
    {
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
        var leftover = checkpoint?.Tensors.Select(t => t.Name).FirstOrDefault(name =>
            !read.Contains(name) && !WeightNames.IsLeftover(name) && !(tiedHead && name == $"{WeightNames.Head}.weight"));
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
