using System.Text.RegularExpressions;

namespace PureLora;

/// <summary>
/// Which linears get an adapter, as PEFT's <c>target_modules</c> says it: a list of names, each equal to a module's
/// name or to its last parts; or one regular expression for the whole name; or <c>all-linear</c>, every linear but the
/// head.
/// </summary>
public sealed class TargetModules
{
    readonly Regex? pattern;

    TargetModules(IReadOnlyList<string> names, string? expression, bool allLinear)
    {
        (Names, Expression, AllLinear) = (names, expression, allLinear);
        try
        {
            // Alone first: a)|(b must not be completed by the group around it.
            pattern = expression is null || new Regex(expression, RegexOptions.CultureInvariant) is null ? null : new Regex($"^(?:{expression})$", RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
        }
        catch (ArgumentException e)
        {
            throw new UsageException($"target_modules: '{expression}' is not a regular expression ({e.Message}) Correct it, or give a list of names.");
        }
    }

    public IReadOnlyList<string> Names { get; }

    public string? Expression { get; }

    public bool AllLinear { get; }

    /// <summary>A list of names; the one name <c>all-linear</c> means every linear but the head.</summary>
    public static TargetModules List(IReadOnlyList<string> names) =>
        names is [var one] && IsAllLinear(one) ? new([], null, true)
        : names.Count > 0 ? new(names, null, false)
        : throw new UsageException("target_modules: the list is empty, but LoRA needs at least one module. Use all-linear.");

    /// <summary><c>all-linear</c>, or a regular expression that a module's whole name must match.</summary>
    public static TargetModules Text(string text) => IsAllLinear(text) ? new([], null, true) : new([], text, false);

    static bool IsAllLinear(string text) => text.Equals("all-linear", StringComparison.OrdinalIgnoreCase);

    /// <summary>The linears of <paramref name="model"/> to adapt, in the order of the forward pass.</summary>
    public IReadOnlyList<string> Select(Decoder model)
    {
        var modules = model.Linears.Select(linear => linear.Name).ToArray();
        var unknown = Names.FirstOrDefault(name => !modules.Any(module => IsNamed(module, name)));
        var chosen = modules.Where(Matches).ToArray();
        if (unknown is null && chosen.Length > 0)
            return chosen;
        var known = modules.Select(m => m[(m.LastIndexOf('.') + 1)..]).Distinct();
        throw new UsageException($"target_modules: '{unknown ?? Expression}' matches no linear of the model, which has {string.Join(", ", known)}. Use one of these names, or all-linear.");
    }

    bool Matches(string module) =>
        AllLinear ? !WeightNames.IsHead(module)
        : pattern is not null ? MatchesPattern(pattern, module)
        : Names.Any(name => IsNamed(module, name));

    bool MatchesPattern(Regex pattern, string module)
    {
        try
        {
            return pattern.IsMatch(module);
        }
        catch (RegexMatchTimeoutException)
        {
            throw new UsageException($"target_modules: '{Expression}' takes more than a second on one name, but a regular expression needs to end. Simplify it, or give a list of names.");
        }
    }

    static bool IsNamed(string module, string name) => module == name || module.EndsWith($".{name}", StringComparison.Ordinal);

    public override string ToString() => AllLinear ? "all-linear" : Expression ?? string.Join(", ", Names);
}
