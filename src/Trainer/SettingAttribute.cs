namespace PureLora;

/// <summary>
/// Marks a property as a setting: the source of its YAML key, its command-line flag, its check and its line in the
/// documentation. Key and flag come from the property's name (<c>LoraAlpha</c>: <c>lora_alpha</c>, <c>--lora-alpha</c>).
/// </summary>
/// <param name="description">One or two sentences; the first also stands in <c>--help</c>.</param>
[AttributeUsage(AttributeTargets.Property)]
public class SettingAttribute(string description) : Attribute
{
    public string Description { get; } = description;

    /// <summary>The setting has no usable default: leaving it out is an error.</summary>
    public bool Required { get; set; }

    /// <summary>On the command line this is a word by its place, not a flag.</summary>
    public bool Positional { get; set; }

    /// <summary>The only values allowed, where there are a few; null otherwise. A colon and a number may follow one that ends in <c>[:N]</c>.</summary>
    public string[]? Choices { get; set; }

    /// <summary>What to do about a value that is none of the choices; null for the nearest spelling.</summary>
    public string? Advice { get; set; }

    /// <summary>A text of names with commas between them, which YAML may also write as a list.</summary>
    public bool IsList { get; set; }

    /// <summary>What stands for the value in <c>--help</c>, such as <c>dir</c>.</summary>
    public string? Placeholder { get; set; }

    /// <summary>A number's smallest value.</summary>
    public double AtLeast { get; set; } = double.NegativeInfinity;

    /// <summary>A number's lower bound, itself not allowed.</summary>
    public double Above { get; set; } = double.NegativeInfinity;

    /// <summary>A number's largest value.</summary>
    public double AtMost { get; set; } = double.PositiveInfinity;

    /// <summary>A number's upper bound, itself not allowed.</summary>
    public double Below { get; set; } = double.PositiveInfinity;

    /// <summary>Of a setting that may be left open: what happens then.</summary>
    public string? WhenOpen { get; set; }

    /// <summary>One number allowed outside these bounds (a code such as -1); NaN for none.</summary>
    public double Or { get; set; } = double.NaN;
}
