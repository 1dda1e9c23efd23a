using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace PureLora;

/// <summary>What <c>info</c> is told.</summary>
sealed record InfoSettings
{
    [Setting("Folder of a model or an adapter.", Required = true, Positional = true)]
    public string Path { get; init; } = "";

    [Setting("Modules that would get an adapter, as in train.", Placeholder = "names")]
    public TargetSpec TargetModules { get; init; } = TargetSpec.Parse(TargetSpec.AllLinear)!;

    [Setting("Rank of the adapters that would be trained.", AtLeast = 1)]
    public int R { get; init; } = 8;
}

/// <summary>Shows what a folder holds and what LoRA would train in it.</summary>
sealed class InfoCommand() : ToolCommand<InfoSettings>(
    "info", "Show a model or an adapter: architecture, parameters, what LoRA would train.",
    ["purelora info ./base", "purelora info ./base --target-modules q_proj,v_proj --r 16", "purelora info ./adapter"], Run)
{
    internal static void Run(InfoSettings settings, Report report, CancellationToken stop)
    {
        if (PeftAdapter.IsIn(settings.Path))
            ShowAdapter(settings.Path, report);
        else
            ShowModel(settings, report);
    }

    static void ShowAdapter(string path, Report report)
    {
        var config = PeftAdapter.ReadConfig(path);
        using var file = SafetensorsFile.Open(Path.Combine(path, PeftAdapter.WeightsFile));
        var parameters = file.Tensors.Values.Sum(t => t.Count);
        report.Line($"adapter         LoRA, PEFT format, {parameters:N0} parameters in {Spelling.Count(file.Tensors.Count, "tensor")}");
        report.Line($"r               {config.R}");
        report.Line($"lora_alpha      {config.LoraAlpha} (the change is scaled by {config.Scale:G6}{(config.UseRslora ? ", rank-stabilised" : "")})");
        report.Line($"lora_dropout    {config.LoraDropout}");
        report.Line($"target_modules  {(config.TargetModules.Expression is { } expression ? expression : string.Join(", ", config.TargetModules.Names.Select(LastPart).Distinct()))}");
        foreach (var group in Groups(file))
            report.Line($"  {group.Count,3} x {group.Shape,-16} {group.Name}");
        report.Result(
            ("kind", "adapter"), ("parameters", parameters), ("r", config.R), ("lora_alpha", config.LoraAlpha), ("lora_dropout", config.LoraDropout),
            ("use_rslora", config.UseRslora), ("target_modules", config.TargetModules.ToString()));
    }

    static string LastPart(string module) => module[(module.LastIndexOf('.') + 1)..];

    /// <summary>Tensors of one name and shape, whatever their layer.</summary>
    static IEnumerable<(string Name, string Shape, int Count)> Groups(SafetensorsFile file) =>
        from info in file.Tensors.Values
        group info by (Name: Regex.Replace(info.Name, @"\.\d+\.", ".*."), Shape: $"{info.DType} [{string.Join(", ", info.Shape)}]") into g
        select (g.Key.Name, g.Key.Shape, g.Count());

    static void ShowModel(InfoSettings settings, Report report)
    {
        using var device = Device.Open("cpu", 1);
        using var model = Pretrained.Load(device, settings.Path);
        var config = model.Config;
        var adapter = LoraAdapter.Attach(model, new LoraConfig { R = settings.R, TargetModules = settings.TargetModules.ToTargets() }, seed: 0);
        report.Line($"architecture    {config.Architecture}");
        report.Line($"parameters      {model.ParameterCount:N0}");
        report.Line($"layers          {config.Layers}, hidden {config.HiddenSize}, MLP {config.IntermediateSize}");
        report.Line($"attention       {config.Heads} heads of {config.HeadSize}, {config.KeyHeads} for keys and values");
        var layers = Layers(config);
        foreach (var kind in layers)
            report.Line($"                {kind}");
        report.Line($"vocabulary      {config.VocabularySize:N0}, head {(model.TiedHead ? "tied to the embedding" : "of its own")}");
        report.Line($"positions       {config.MaxPositions:N0}");
        if (model.Quantization is { } storage)
            report.Line($"quantization    {storage}, {Sizes.Text(model.WeightBytes)} of weights");
        report.Line($"LoRA            r={settings.R} on {settings.TargetModules} would train {adapter.ParameterCount:N0} parameters ({100.0 * adapter.ParameterCount / model.ParameterCount:F2} %) in {Spelling.Count(adapter.Layers.Count, "linear")}");
        report.Line("settings");
        foreach (var setting in config.Settings)
            report.Line($"  {setting.Name,-40} {setting.Value,-24} {setting.Source}");
        report.Result(
            ("kind", "model"), ("architecture", config.Architecture), ("parameters", model.ParameterCount), ("layers", config.Layers),
            ("hidden_size", config.HiddenSize), ("intermediate_size", config.IntermediateSize), ("heads", config.Heads), ("key_heads", config.KeyHeads),
            ("head_size", config.HeadSize), ("vocabulary", config.VocabularySize), ("max_positions", config.MaxPositions), ("tied_head", model.TiedHead), ("quantization", model.Quantization?.ToString()),
            ("lora_parameters", adapter.ParameterCount), ("lora_modules", adapter.Layers.Count), ("layer_kinds", new JsonArray([.. layers.Select(kind => (JsonNode)kind)])), ("settings", Settings(config)));
    }

    /// <summary>The kinds of layers and how many there are of each, in words.</summary>
    static string[] Layers(ModelConfig config) =>
    [
        .. from layer in Enumerable.Range(0, config.Layers).Select(config.Layer)
           group layer by (layer.Rope, layer.Window, layer.HasExperts) into kind
           select $"{Spelling.Count(kind.Count(), "layer")}: {Positions(kind.Key.Rope, config)}"
               + (kind.Key.Window is { } window ? $", window of {window:N0} tokens" : "")
               + (kind.Key.HasExperts ? $", {config.Experts!.PerToken} of {config.Experts.Count} experts" : ""),
    ];

    static string Positions(Rope? rope, ModelConfig config) => rope is null ? config.Names.Positions is null ? "no positions" : "learned positions"
        : $"{rope.Type} rotary positions on {rope.Dimensions} of {config.HeadSize} features, rope_theta {rope.Theta}";

    static JsonArray Settings(ModelConfig config) =>
        [.. config.Settings.Select(setting => new JsonObject { ["name"] = setting.Name, ["value"] = setting.Value, ["source"] = setting.Source })];
}
