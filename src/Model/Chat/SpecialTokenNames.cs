using System.Text.Json;

namespace PureLora;

/// <summary>
/// The special tokens that a template may name (<c>bos_token</c>, <c>eos_token</c>, ...), as Transformers passes them: from
/// <c>tokenizer_config.json</c>, a token being a text or an object with <c>content</c>; <c>special_tokens_map.json</c> says what the
/// former leaves open, and takes its place in old folders without <c>added_tokens_decoder</c>.
/// </summary>
internal static class SpecialTokenNames
{
    static readonly string[] roles = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

    const string Additional = "additional_special_tokens", Extra = "extra_special_tokens";

    /// <summary>By variable, a text or a list of texts; variables without a token are missing, so undefined in the template.</summary>
    public static Dictionary<string, JsonElement> Read(string folder)
    {
        var tokens = new Dictionary<string, JsonElement>();
        bool modern = Add(Path.Combine(folder, "tokenizer_config.json"), tokens, replace: true);
        Add(Path.Combine(folder, "special_tokens_map.json"), tokens, replace: !modern);
        return tokens;
    }

    static bool Add(string file, Dictionary<string, JsonElement> tokens, bool replace)
    {
        if (!File.Exists(file)) return false;
        using var document = JsonPlace.Parse(file);
        var root = new JsonPlace(file, "", document.RootElement);
        foreach (string role in roles)
            if (root.Find(role) is { } place) Put(role, Token(place));
        if (root.Find(Extra) is { Value.ValueKind: JsonValueKind.Object } extra)
            foreach (var (name, place) in extra.Entries()) Put(name, Token(place));
        var more = (root.Find(Additional) ?? root.Find(Extra)) is { Value.ValueKind: JsonValueKind.Array } list ? list.Items().Select(Token).ToArray() : [];
        if (more.Length > 0) Put(Additional, more);
        return root.Find("added_tokens_decoder") is not null;

        void Put<T>(string name, T value)
        {
            if (value is "" || tokens.ContainsKey(name) && !replace) return;
            tokens[name] = JsonSerializer.SerializeToElement(value);
        }
    }

    static string Token(JsonPlace place) => place.Value.ValueKind == JsonValueKind.Object ? place.Text("content") : place.Text();
}
