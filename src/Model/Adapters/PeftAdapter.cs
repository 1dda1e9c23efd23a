namespace PureLora;

/// <summary>
/// An adapter's folder as PEFT writes and reads it: <c>adapter_config.json</c> and <c>adapter_model.safetensors</c>
/// with A [R, in] and B [out, R] under <c>base_model.model.{module}.lora_A.weight</c> and <c>.lora_B.weight</c>.
/// </summary>
public static class PeftAdapter
{
    public const string WeightsFile = "adapter_model.safetensors";

    /// <summary>Writes the adapter in f32. Each file is written beside and renamed, the weights first.</summary>
    /// <returns>The bytes of both files.</returns>
    public static long Save(LoraAdapter adapter, string folder, string baseModel)
    {
        Directory.CreateDirectory(folder);
        var (weights, config) = (Path.Combine(folder, WeightsFile), Path.Combine(folder, PeftConfig.FileName));
        SafetensorsWriter.Write(weights, adapter.Parameters.Select(p => TensorSource.FromFloats(p.Name, [p.Rows, p.Columns], p.Data.ToArray())));
        PeftConfig.Write(config, adapter.Config, baseModel, [.. adapter.Layers.Select(layer => layer.Name)], adapter.Layers.Any(layer => layer.Inner is Linear { IsStoredTransposed: true }));
        return new FileInfo(weights).Length + new FileInfo(config).Length;
    }

    /// <summary>Whether <paramref name="folder"/> holds an adapter.</summary>
    public static bool IsIn(string folder) => File.Exists(Path.Combine(folder, PeftConfig.FileName));

    /// <summary>
    /// The name of the model that the adapter was trained on, where it is another than that of <paramref name="model"/>;
    /// a hub name and a folder that end alike are taken for the same.
    /// </summary>
    public static string? OtherBase(string folder, string model)
    {
        static string Last(string path) => Path.GetFileName(Path.TrimEndingDirectorySeparator(path.Replace('\\', '/')));
        var name = PeftConfig.BaseModel(Path.Combine(folder, PeftConfig.FileName));
        return string.IsNullOrEmpty(name) || Last(name) == Last(Path.GetFullPath(model)) ? null : name;
    }

    /// <summary>The settings of the adapter in <paramref name="folder"/>.</summary>
    public static LoraConfig ReadConfig(string folder)
    {
        if (!IsIn(folder))
            throw WrongFolder.NoAdapter(folder);
        if (!File.Exists(Path.Combine(folder, WeightsFile)))
            throw new PureLoraException($"{Path.Combine(folder, WeightsFile)}: the file is missing, but an adapter needs it. Give the folder that 'purelora train' or PEFT wrote.");
        return PeftConfig.Read(Path.Combine(folder, PeftConfig.FileName));
    }

    /// <summary>
    /// Puts the adapter in <paramref name="folder"/> into <paramref name="model"/>, trainable. Every tensor of the file
    /// must have its place in the model, in its shape.
    /// </summary>
    public static LoraAdapter Load(Decoder model, string folder)
    {
        var config = ReadConfig(folder);
        using var file = SafetensorsFile.Open(Path.Combine(folder, WeightsFile));
        var linears = model.Linears.ToDictionary(linear => linear.Name);
        var targets = new HashSet<string>();
        foreach (var info in file.Tensors.Values)
            targets.Add(CheckTensor(file, info, config.R, linears));
        if (targets.Count == 0)
            throw new PureLoraException($"{file.Path}: it holds no tensor, but an adapter needs at least one A and B. Save the adapter again.");
        return LoraAdapter.Attach(model, config, targets, linear =>
            (file.ReadFloats(Name(linear.Name, LoraAdapter.SuffixA)), file.ReadFloats(Name(linear.Name, LoraAdapter.SuffixB))));
    }

    static string Name(string module, string suffix) => $"{LoraAdapter.Prefix}{module}{suffix}";

    /// <summary>The module that a tensor belongs to.</summary>
    static string CheckTensor(SafetensorsFile file, TensorInfo info, int rank, Dictionary<string, ILinear> linears)
    {
        var isA = info.Name.EndsWith(LoraAdapter.SuffixA, StringComparison.Ordinal);
        if (info.Name.Length <= LoraAdapter.Prefix.Length + LoraAdapter.SuffixA.Length || !info.Name.StartsWith(LoraAdapter.Prefix, StringComparison.Ordinal) || !(isA || info.Name.EndsWith(LoraAdapter.SuffixB, StringComparison.Ordinal)))
            throw new PureLoraException($"{file.Path}: tensor {info.Name} is no A or B of a linear, but an adapter needs {LoraAdapter.Prefix}MODULE{LoraAdapter.SuffixA} and {LoraAdapter.SuffixB}. Use a LoRA adapter without other trained parts.");
        var module = info.Name[LoraAdapter.Prefix.Length..^LoraAdapter.SuffixA.Length];
        if (!linears.TryGetValue(module, out var linear))
            throw new PureLoraException($"{file.Path}: tensor {info.Name} is for module {module}, but the model has no such linear. Use the base model that the adapter was trained on.");
        long[] needed = isA ? [rank, linear.Inputs] : [linear.Outputs, rank];
        if (!info.Shape.SequenceEqual(needed))
            throw new PureLoraException($"{file.Path}: tensor {info.Name} is [{string.Join(", ", info.Shape)}], but rank {rank} on {module} needs [{string.Join(", ", needed)}]. Use the base model that the adapter was trained on.");
        if (info.DType is not (DType.F32 or DType.BF16 or DType.F16))
            throw new PureLoraException($"{file.Path}: tensor {info.Name} is {info.DType}, but an adapter needs F32, BF16 or F16. Save the adapter in one of these.");
        var other = Name(module, isA ? LoraAdapter.SuffixB : LoraAdapter.SuffixA);
        if (!file.Tensors.ContainsKey(other))
            throw new PureLoraException($"{file.Path}: tensor {other} is missing, but {info.Name} needs it. Save the adapter again.");
        return module;
    }
}
