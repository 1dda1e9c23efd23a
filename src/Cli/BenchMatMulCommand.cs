using System.Globalization;
using System.Text.Json.Nodes;

namespace PureLora;

/// <summary>What <c>bench matmul</c> measures.</summary>
sealed record BenchMatMulSettings
{
    [Setting("Sizes m x n x k of C [m, n] summed over k, with commas between them. Left open: a table of the sizes of training.", Placeholder = "512x2048x2048,...")]
    public string Size { get; init; } = "";

    [Setting("Products: forward x·Wᵀ, backward_input dy·W, backward_weight dyᵀ·x, or all.",
        Choices = new[] { "all", "forward", "backward_input", "backward_weight" })]
    public string Form { get; init; } = "all";

    [Setting("What W is stored as, or all. A weight's gradient is always f32.", Choices = new[] { "f32", "bf16", "f16", "int8", "fp4", "nf4", "all" })]
    public string Format { get; init; } = "f32";

    [Setting("Threads; 0 measures one and, in turn with it, every core.", AtLeast = 0)]
    public int Threads { get; init; }

    [DeviceSetting]
    public string Device { get; init; } = "cpu";

    [Setting("Round activations to bf16 and multiply on tensor cores; the peak is theirs. For CUDA from sm_80 on.")]
    public bool Bf16 { get; init; }

    [Setting("Measurements of each; the median counts.", AtLeast = 1)]
    public int Rounds { get; init; } = 5;
}

/// <summary>Measures products as a share of the processor's peak.</summary>
sealed class BenchMatMulCommand() : ToolCommand<BenchMatMulSettings>(
    "matmul", "Measure the products of a linear layer, in every form and format, as a share of what the processor or the GPU can do.",
    ["purelora bench matmul", "purelora bench matmul --size 1024x576x1536 --form forward --format nf4 --threads 1 --json", "purelora bench matmul --device cuda:0 --format all --bf16"], Run)
{
    static readonly ProductSize[] training = [new(512, 2048, 2048), new(1024, 576, 1536), new(1024, 1536, 576), new(1024, 4096, 4096)];
    static readonly ProductSize formats = new(1024, 2048, 2048);

    /// <summary>The products of a LoRA of rank 16 over 2048 features: x·Aᵀ and dy·B, ·Bᵀ and ·A; the gradients of B and of A.</summary>
    static readonly (ProductForm Form, ProductSize Size)[] ranks =
    [
        (ProductForm.Forward, new(1024, 16, 2048)), (ProductForm.Forward, new(1024, 2048, 16)),
        (ProductForm.BackwardInput, new(1024, 16, 2048)), (ProductForm.BackwardInput, new(1024, 2048, 16)),
        (ProductForm.BackwardWeight, new(2048, 16, 1024)), (ProductForm.BackwardWeight, new(16, 2048, 1024)),
    ];

    internal static void Run(BenchMatMulSettings settings, Report report, CancellationToken stop)
    {
        settings = settings with { Device = Device.Named(settings.Device) };
        var onGpu = settings.Device != "cpu";
        if (onGpu)
            report.Line(MatMulBenchmark.Describe(settings.Device, settings.Bf16));
        int[] threads = onGpu ? [1] : settings.Threads > 0 ? [settings.Threads] : Environment.ProcessorCount == 1 ? [1] : [1, Environment.ProcessorCount];
        var rows = new JsonArray();
        report.Line($"{"form",-16}{"format",-8}{"m x n x k",-18}{"threads",8}{"GFLOP/s",10}{"peak",9}{"share",8}");
        foreach (var (form, format, size) in Cases(settings))
            foreach (var rate in MatMulBenchmark.Run(settings.Device, form, format, size, threads, settings.Rounds, settings.Bf16))
            {
                stop.ThrowIfCancellationRequested();
                report.Line(string.Create(CultureInfo.InvariantCulture,
                    $"{Word(form),-16}{format,-8}{size,-18}{(onGpu ? "" : rate.Threads),8}{rate.GigaFlops,10:F1}{rate.PeakGigaFlops,9:F1}{rate.GigaFlops / rate.PeakGigaFlops,8:P0}"));
                rows.Add((JsonNode)new JsonObject
                {
                    ["form"] = Word(form),
                    ["format"] = format.ToString().ToLowerInvariant(),
                    ["m"] = size.M,
                    ["n"] = size.N,
                    ["k"] = size.K,
                    ["threads"] = rate.Threads,
                    ["gflops"] = rate.GigaFlops,
                    ["peak_gflops"] = rate.PeakGigaFlops,
                });
            }
        report.Result(("rows", rows));
    }

    static IEnumerable<(ProductForm, WeightFormat, ProductSize)> Cases(BenchMatMulSettings settings)
    {
        var (forms, stored) = (Chosen<ProductForm>(settings.Form), Chosen<WeightFormat>(settings.Format));
        if (settings.Size.Length > 0)
            return Product(forms, stored, settings.Size.Split(',').Select(Parse));
        return Product(forms, [WeightFormat.F32], training)
            .Concat(Product(forms, settings.Format == "f32" ? Enum.GetValues<WeightFormat>() : stored, [formats]))
            .Concat(ranks.Where(r => forms.Contains(r.Form)).Select(r => (r.Form, WeightFormat.F32, r.Size)));
    }

    /// <summary>Each with each, but a weight's gradient in f32 alone.</summary>
    static IEnumerable<(ProductForm, WeightFormat, ProductSize)> Product(ProductForm[] forms, WeightFormat[] formats, IEnumerable<ProductSize> sizes) =>
        from size in sizes.ToList()
        from form in forms
        from format in form == ProductForm.BackwardWeight ? [WeightFormat.F32] : formats
        select (form, format, size);

    static T[] Chosen<T>(string word) where T : struct, Enum =>
        word == "all" ? Enum.GetValues<T>() : [Enum.Parse<T>(word.Replace("_", ""), ignoreCase: true)];

    static ProductSize Parse(string text)
    {
        var parts = text.Trim().Split('x').Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var side) ? side : 0).ToArray();
        return parts.Length == 3 && parts.All(side => side is > 0 and <= 1 << 20)
            ? new ProductSize(parts[0], parts[1], parts[2])
            : throw new UsageException($"command line: --size is {Spelling.Quote(text)}, but it needs three whole numbers of 1 to 1048576, as in 1024x576x1536. Change it.");
    }

    static string Word(ProductForm form) => form switch
    {
        ProductForm.Forward => "forward",
        ProductForm.BackwardInput => "backward_input",
        _ => "backward_weight",
    };
}
