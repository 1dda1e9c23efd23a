using System.Text.Json;

namespace PureLora;

/// <summary>What is taken from <c>tokenizer_config.json</c>: which tokens begin, end and fill, and whether they are added.</summary>
internal sealed record TokenizerConfig(int? BosId, int? EosId, int? PadId, bool AddsBos, bool AddsEos)
{
    public static TokenizerConfig Read(string file, TokenTable vocabulary)
    {
        using var document = JsonPlace.Parse(file);
        var root = new JsonPlace(file, "", document.RootElement);
        int? bos = Role("bos_token"), eos = Role("eos_token"), pad = Role("pad_token");
        return new TokenizerConfig(bos, eos, pad,
            bos is not null && root.Flag("add_bos_token", false), eos is not null && root.Flag("add_eos_token", false));

        int? Role(string key)
        {
            if (root.Find(key) is not { } place) return null;
            // Either the token, or an object that describes it.
            string token = place.Value.ValueKind == JsonValueKind.Object ? place.Text("content") : place.Text();
            return vocabulary.TryGetId(token, out int id)
                ? id
                : throw place.Wrong($"\"{token}\"", "a token of tokenizer.json there", "Correct the name or add the token.");
        }
    }
}
