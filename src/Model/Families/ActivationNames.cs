namespace PureLora;

/// <summary>What Transformers calls its activations.</summary>
static class ActivationNames
{
    static readonly SortedDictionary<string, Activation> known = new(StringComparer.Ordinal)
    {
        ["silu"] = Activation.Silu,
        ["swish"] = Activation.Silu,
        ["gelu"] = Activation.Gelu,
        ["gelu_python"] = Activation.Gelu,
        ["gelu_new"] = Activation.GeluTanh,
        ["gelu_fast"] = Activation.GeluTanh,
        ["gelu_accurate"] = Activation.GeluTanh,
        ["gelu_pytorch_tanh"] = Activation.GeluTanh,
        ["gelu_python_tanh"] = Activation.GeluTanh,
        ["quick_gelu"] = Activation.QuickGelu,
        ["relu"] = Activation.Relu,
        ["relu2"] = Activation.SquaredRelu,
    };

    public static Activation Read(ConfigJson file, string key, string fallback) => Find(file, key, file.String(key, fallback));

    public static Activation Find(ConfigJson file, string key, string name) =>
        known.TryGetValue(name, out var activation) ? activation : throw file.Unsupported(key, name, string.Join(", ", known.Keys));
}
