using System.CommandLine;

namespace PureLora;

/// <summary>
/// A command that takes every setting of <see cref="TrainConfig"/>, none of them required, and <c>--shape</c> in place of
/// <c>--model</c>.
/// </summary>
abstract class ShapedCommand : ToolCommand<TrainConfig>
{
    readonly Option<string> file = new("--config")
    {
        Description = "YAML file with any of the settings below, as key: value; flags stand over it.",
        HelpName = "file",
    };

    readonly Option<string> shape = new("--shape")
    {
        Description = $"Size of the model, in place of --model: {string.Join(", ", Shapes.Names)}.",
        HelpName = "name",
    };

    readonly Option<string> dtype = new("--dtype")
    {
        Description = "What a shape's weights are stored as, where they are not quantized: float32, bfloat16 or float16. [default: what the model was published in; float32 for the small ones]",
        HelpName = "type",
    };

    protected ShapedCommand(string name, string description, IReadOnlyList<string> examples) : base(name, description, examples, (_, _, _) => { }, complete: false)
    {
        Options.Insert(0, file);
        Options.Insert(1, shape);
        Options.Insert(2, dtype);
    }

    /// <summary>Defaults, then the file, then the flags.</summary>
    public override TrainConfig Settings(ParseResult parse)
    {
        var config = Override(parse, parse.GetValue(file) is { } path ? ConfigFile.Read(path) : new TrainConfig());
        config.Validate(complete: false);
        if (Shape(parse) is not null && config.Model.Length > 0)
            throw new UsageException($"command line: --model is {Spelling.Quote(config.Model)}, but --shape stands in its place. Give one of the two.");
        return config;
    }

    /// <summary>The shape asked for; null without one.</summary>
    protected ModelConfig? Shape(ParseResult parse)
    {
        var type = parse.GetValue(dtype);
        WeightFormat? format = type switch
        {
            null => null,
            "float32" => WeightFormat.F32,
            "bfloat16" => WeightFormat.BF16,
            "float16" => WeightFormat.F16,
            _ => throw new UsageException($"command line: --dtype is {Spelling.Quote(type)}, but it needs float32, bfloat16 or float16. Change it."),
        };
        if (parse.GetValue(shape) is not { } name)
            return format is null ? null : throw new UsageException($"command line: --dtype is {type}, but a model's files say what they are stored as. Leave it out, or give --shape.");
        var found = Shapes.Find(name);
        return found with { Format = format ?? found.Format };
    }
}
