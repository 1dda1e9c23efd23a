using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.ML.Tokenizers;

namespace PureLora.Tests;

/// <summary>Real tokenizers against what the Rust library gives for them.</summary>
public class GoldenTokenizerTests
{
    static int[] Ids(JsonElement list) => list.EnumerateArray().Select(id => id.GetInt32()).ToArray();

    /// <summary>Offsets in code points, as the golden files have them.</summary>
    static string CodePoints(string text, (int Start, int End)[] offsets)
    {
        int[] points = new int[text.Length + 1];
        for (int i = 0; i < text.Length; i++) points[i + 1] = points[i] + (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]) ? 0 : 1);
        return string.Join(" ", offsets.Select(offset => $"{points[offset.Start]}-{points[offset.End]}"));
    }

    static string Streamed(TextTokenizer tokenizer, int[] ids, bool skip)
    {
        var decoder = new StreamingDecoder(tokenizer, skip);
        var parts = ids.Select(decoder.Push).ToList();
        Assert.All(parts, part => Assert.False(part.Length > 0 && (char.IsLowSurrogate(part[0]) || char.IsHighSurrogate(part[^1])), "half a character"));
        return string.Concat(parts) + decoder.Flush();
    }

    [SkippableTheory]
    [InlineData("qwen3")]
    [InlineData("mistral_v0_1")]
    [InlineData("gptoss")]
    [InlineData("deepseek_v3")]
    public void Ninety_hard_strings_have_the_ids_and_the_text_of_the_original(string name)
    {
        // The expected ids come from tokenizer.json alone.
        using var folder = TokenizerFolder.Fixture(name, withConfig: false);
        var tokenizer = folder.Load();
        using var golden = JsonDocument.Parse(TokenizerFolder.Unzipped(Path.Combine(TokenizerFolder.Fixtures("golden/tokenizers"), name + ".golden.json.gz")));
        Assert.Equal(golden.RootElement.GetProperty("vocab_size_with_added").GetInt32(), tokenizer.VocabularySize);
        var wrong = new List<string>();
        int count = 0;
        foreach (var item in golden.RootElement.GetProperty("cases").EnumerateArray())
        {
            count++;
            string id = item.GetProperty("id").GetString()!, text = item.GetProperty("text").GetString()!;
            int[] ids = Ids(item.GetProperty("ids")), special = Ids(item.GetProperty("ids_with_special"));
            if (!tokenizer.Encode(text, false).SequenceEqual(ids)) wrong.Add(id + ": ids");
            if (!tokenizer.Encode(text, true).SequenceEqual(special)) wrong.Add(id + ": ids with special");
            var placed = tokenizer.EncodeWithOffsets(text, false);
            string offsets = string.Join(" ", item.GetProperty("offsets").EnumerateArray().Select(pair => $"{pair[0].GetInt32()}-{pair[1].GetInt32()}"));
            if (!placed.Ids.SequenceEqual(ids)) wrong.Add(id + ": ids with offsets");
            if (CodePoints(text, placed.Offsets) != offsets) wrong.Add($"{id}: offsets\n  {CodePoints(text, placed.Offsets)}\n  {offsets}");
            var tokens = item.GetProperty("tokens").EnumerateArray().Select(token => token.GetString());
            if (!ids.Select(tokenizer.TokenOf).SequenceEqual(tokens)) wrong.Add(id + ": tokens");
            if (tokenizer.Decode(ids, false) != item.GetProperty("decoded").GetString()) wrong.Add(id + ": decoded");
            if (tokenizer.Decode(special) != item.GetProperty("decoded_skip_special").GetString()) wrong.Add(id + ": decoded, skipping");
            if (tokenizer.Decode(special, false) != item.GetProperty("decoded_with_special").GetString()) wrong.Add(id + ": decoded, with special");
            if (Streamed(tokenizer, special, false) != item.GetProperty("decoded_with_special").GetString()) wrong.Add(id + ": streamed");
        }
        foreach (var item in golden.RootElement.GetProperty("stream_decode").EnumerateArray())
        {
            int[] ids = Ids(item.GetProperty("ids"));
            var prefixes = item.GetProperty("prefix_decoded").EnumerateArray().Select(text => text.GetString()!).ToArray();
            for (int n = 0; n < prefixes.Length; n++)
            {
                if (tokenizer.Decode(ids[..n], false) != prefixes[n]) wrong.Add($"prefix of {n} of {item.GetProperty("text").GetString()}");
                if (Streamed(tokenizer, ids[..n], false) != prefixes[n]) wrong.Add($"streamed prefix of {n} of {item.GetProperty("text").GetString()}");
            }
        }
        Assert.Equal(90, count);
        Assert.True(wrong.Count == 0, string.Join("\n", wrong));
    }

    [SkippableTheory]
    [InlineData("qwen3", null, "<|im_end|>", "<|endoftext|>", false)]
    [InlineData("mistral_v0_1", "<s>", "</s>", null, true)]
    [InlineData("gptoss", "<|startoftext|>", "<|return|>", "<|endoftext|>", false)]
    [InlineData("deepseek_v3", "<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>", "<｜end▁of▁sentence｜>", true)]
    public void Roles_come_from_the_config_and_added_tokens_from_template_or_config(string name, string? bos, string eos, string? pad, bool addsBos)
    {
        using var folder = TokenizerFolder.Fixture(name);
        var tokenizer = folder.Load();
        int? Id(string? token) => token is null ? null : Assert.Single(tokenizer.Encode(token, false));
        Assert.Equal((Id(bos), Id(eos), Id(pad)), (tokenizer.BosId, tokenizer.EosId, tokenizer.PadId));
        Assert.Equal((addsBos, false), (tokenizer.AddsBos, tokenizer.AddsEos));
        Assert.Equal(addsBos, tokenizer.Encode("Hi", true)[0] == tokenizer.BosId);
        Assert.Contains(tokenizer.EosId!.Value, tokenizer.SpecialIds);
        Assert.Equal("Hi", tokenizer.Decode([.. tokenizer.Encode("Hi", true), tokenizer.EosId.Value]));
    }

    [SkippableFact]
    public void The_small_real_model_has_the_ids_beside_it()
    {
        string folder = TokenizerFolder.Fixtures("models/stories260K");
        var tokenizer = TextTokenizer.Load(folder);
        using var golden = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "golden.json")));
        var texts = golden.RootElement.GetProperty("texts").EnumerateArray().ToArray();
        Assert.NotEmpty(texts);
        foreach (var item in texts)
        {
            string text = item.GetProperty("text").GetString()!;
            int[] ids = Ids(item.GetProperty("ids"));
            Assert.Equal(ids, tokenizer.Encode(text, true));
            Assert.Equal(text, tokenizer.Decode(ids));
            Assert.Equal(text, Streamed(tokenizer, ids, true));
        }
        Assert.Equal((1, 2, 512, true, false), (tokenizer.BosId, tokenizer.EosId, tokenizer.VocabularySize, tokenizer.AddsBos, tokenizer.AddsEos));
    }

    [SkippableTheory]
    [InlineData("qwen3")]
    [InlineData("gptoss")]
    public void Another_library_has_the_same_ids_for_prose(string name)
    {
        using var folder = TokenizerFolder.Fixture(name);
        var own = folder.Load();
        using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder.Folder, "tokenizer.json")));
        var model = json.RootElement.GetProperty("model");
        string pattern = json.RootElement.GetProperty("pre_tokenizer").GetProperty("pretokenizers")[0].GetProperty("pattern").GetProperty("Regex").GetString()!;
        var library = BpeTokenizer.Create(new Microsoft.ML.Tokenizers.BpeOptions(model.GetProperty("vocab").EnumerateObject().Select(entry => KeyValuePair.Create(entry.Name, entry.Value.GetInt32())))
        {
            ByteLevel = true,
            Merges = model.GetProperty("merges").EnumerateArray().Select(pair => pair.ValueKind == JsonValueKind.Array ? $"{pair[0].GetString()} {pair[1].GetString()}" : pair.GetString()!),
            PreTokenizer = new RegexPreTokenizer(new Regex(pattern), null),
        });
        int count = 0;
        foreach (string line in File.ReadLines(Path.Combine(TokenizerFolder.Fixtures("data/tinystories"), "valid.jsonl")))
        {
            count++;
            Assert.Equal(library.EncodeToIds(line, considerNormalization: false), own.Encode(line, false));
        }
        Assert.True(count > 50);
    }

    [SkippableFact]
    public void A_file_from_before_models_had_a_type_loads()
    {
        using var folder = TokenizerFolder.Fixture("gpt2", withConfig: false);
        var tokenizer = folder.Load();
        // Ids that every description of GPT-2 quotes.
        Assert.Equal([15496, 995], tokenizer.Encode("Hello world", true));
        Assert.Equal([50256], tokenizer.Encode("<|endoftext|>", false));
        using var golden = JsonDocument.Parse(TokenizerFolder.Unzipped(Path.Combine(TokenizerFolder.Fixtures("golden/tokenizers"), "qwen3.golden.json.gz")));
        foreach (var item in golden.RootElement.GetProperty("cases").EnumerateArray())
        {
            string text = item.GetProperty("text").GetString()!;
            int[] ids = tokenizer.Encode(text, false);
            Assert.Equal(text, tokenizer.Decode(ids, false));
            Assert.Equal(text, Streamed(tokenizer, ids, false));
        }
    }
}
