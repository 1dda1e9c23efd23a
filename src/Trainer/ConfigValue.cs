using System.Globalization;
using System.Text.RegularExpressions;

namespace PureLora;

/// <summary>Values of settings as text and back, the same on every machine: numbers never depend on the locale.</summary>
static partial class ConfigValue
{
    /// <summary>The value of that type, or null if the text does not write one.</summary>
    public static object? Parse(Type type, string text)
    {
        if (type == typeof(string))
            return text;
        if (type == typeof(TargetSpec))
            return TargetSpec.Parse(text);
        text = text.Trim();
        if (type == typeof(bool))
            return text switch { "true" or "True" or "TRUE" => true, "false" or "False" or "FALSE" => false, _ => null };

        // `1_000` is a number to YAML 1.1, hence to the files people bring along.
        var digits = text.Replace("_", "");
        var culture = CultureInfo.InvariantCulture;
        if (type == typeof(int))
            return Whole().IsMatch(text) && int.TryParse(digits, culture, out var i) ? i : null;
        if (type == typeof(long))
            return Whole().IsMatch(text) && long.TryParse(digits, culture, out var l) ? l : null;
        return Real().IsMatch(text) && double.TryParse(digits, culture, out var d) ? d : null;
    }

    /// <summary>The shortest text that <see cref="Parse"/> reads back as the same value.</summary>
    public static string Format(object value)
    {
        if (value is bool flag)
            return flag ? "true" : "false";
        if (value is not double number)
            return Convert.ToString(value, CultureInfo.InvariantCulture)!;
        var text = number.ToString("R", CultureInfo.InvariantCulture);
        int e = text.IndexOf('E');
        if (e < 0)
            return text;
        // 1E-08 becomes 1.0e-8: without the dot, YAML 1.1 programs read it as a word.
        var mantissa = text[..e].Contains('.') ? text[..e] : text[..e] + ".0";
        var exponent = int.Parse(text[(e + 1)..], CultureInfo.InvariantCulture);
        return $"{mantissa}e{(exponent < 0 ? "" : "+")}{exponent.ToString(CultureInfo.InvariantCulture)}";
    }

    /// <summary>What such a value is called in a sentence.</summary>
    public static string Words(Type type) =>
        type == typeof(string) ? "text"
        : type == typeof(bool) ? "true or false"
        : type == typeof(double) ? "a number"
        : type == typeof(TargetSpec) ? "module names, a regular expression or all-linear"
        : "a whole number";

    /// <summary>How such a value is written, as an instruction.</summary>
    public static string Advice(Type type, string text) =>
        type == typeof(bool) ? "Write one of the two words."
        : type == typeof(double) ? "Write it like 0.0002 or 2e-4."
        : type == typeof(TargetSpec) ? "Write them like q_proj,v_proj."
        : Whole().IsMatch(text.Trim()) ? "Write a smaller one." : "Write it in digits.";

    [GeneratedRegex(@"\A[-+]?[0-9]+(_[0-9]+)*\z")]
    private static partial Regex Whole();

    [GeneratedRegex(@"\A[-+]?([0-9]+(_[0-9]+)*\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]{1,4})?\z")]
    private static partial Regex Real();
}
