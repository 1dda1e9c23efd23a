using System.Text;
using System.Text.Json;
using CsCheck;

namespace PureLora.Tests;

/// <summary>Decoders, one by one: tokens in, text out, all at once and piece by piece.</summary>
public class DecodingTests
{
    static string Decoded(string? json, params string[] tokens)
    {
        using var document = json is null ? null : JsonDocument.Parse(json);
        var text = new TextStage();
        var first = DecoderReader.Read(document is null ? null : new JsonPlace("t", "", document.RootElement))(text);
        foreach (string token in tokens) first.Push(token);
        first.End();
        return text.Take();
    }

    static string Steps(params string[] steps) => $$"""{"type": "Sequence", "decoders": [{{string.Join(", ", steps)}}]}""";

    const string Fuse = """{"type": "Fuse"}""", Bytes = """{"type": "ByteFallback"}""";

    static string Strip(int start, int stop) => $$"""{"type": "Strip", "content": "H", "start": {{start}}, "stop": {{stop}}}""";

    static string Replace(string old, string content, string kind = "String") => $$"""{"type": "Replace", "pattern": {"{{kind}}": "{{old}}"}, "content": "{{content}}"}""";

    [Fact]
    public void Without_a_decoder_tokens_have_spaces_between() => Assert.Equal("a b c", Decoded(null, "a", "b", "c"));

    [Fact]
    public void Byte_tokens_are_text_where_they_are_UTF8_and_one_replacement_each_where_not()
    {
        Assert.Equal("叫a", Decoded(Bytes, "<0xE5>", "<0x8f>", "<0xab>", "a"));
        Assert.Equal("\uFFFD\uFFFDa", Decoded(Bytes, "<0xE5>", "<0x8f>", "a"));
        Assert.Equal("\uFFFD", Decoded(Bytes, "<0xE5>"));
        Assert.Equal("<0xE>", Decoded(Bytes, "<0xE>"));
    }

    [Fact]
    public void Strip_cuts_each_token_or_the_fused_text()
    {
        Assert.Equal("ey friend!HH", Decoded(Strip(1, 0), "Hey", " friend!", "HHH"));
        Assert.Equal("H", Decoded(Strip(1, 1), "HHH"));
        Assert.Equal("HeyHH", Decoded(Steps(Fuse, Strip(1, 0)), "HHey", "HH"));
        Assert.Equal("eyH", Decoded(Steps(Fuse, Strip(3, 2)), "H", "Hey", "HH", "H"));
        Assert.Equal("", Decoded(Steps(Fuse, Strip(1, 1)), "H", "H"));
    }

    [Fact]
    public void Replacements_work_in_a_token_and_over_fused_ones()
    {
        Assert.Equal("a bcc", Decoded(Replace("▁", " "), "a▁b", "cc"));
        Assert.Equal("aab", Decoded(Replace("ab", "x"), "a", "ab"[..1], "b"));
        Assert.Equal("axxba", Decoded(Steps(Fuse, Replace("ab", "x")), "a", "aba", "bba"));
        Assert.Equal("x-x", Decoded(Steps(Fuse, Replace("a+", "x", "Regex")), "a", "a-", "a"));
        Assert.Equal("xbx", Decoded(Replace("a+", "x", "Regex"), "aab", "a"));
    }

    [Fact]
    public void Metaspaces_are_spaces_but_not_in_the_first_token_where_one_was_put_there()
    {
        string Metaspace(string scheme) => $$"""{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "{{scheme}}"}""";
        Assert.Equal("Hey friend!", Decoded(Metaspace("always"), "▁Hey", "▁friend!"));
        Assert.Equal(" Hey friend!", Decoded(Metaspace("never"), "▁Hey", "▁friend!"));
    }

    [Fact]
    public void A_word_end_is_a_space_but_the_last() =>
        Assert.Equal("ab cd e", Decoded("""{"type": "BPEDecoder", "suffix": "</w>"}""", "a", "b</w>", "cd</w>", "e</w>"));

    [Fact]
    public void Bytes_of_tokens_become_text_and_tokens_that_are_none_themselves()
    {
        Assert.Equal("é ü<|x|>\u00A0", Decoded("""{"type": "ByteLevel"}""", "Ã", "©Ġ", "Ã¼", "<|x|>", "\u00A0"));
        Assert.Equal("a\uFFFD\uFFFDb", Decoded("""{"type": "ByteLevel"}""", "a", "Ã", "©"[..0], "ÃŁ"[..1], "b"));
    }

    /// <summary>The stages as the tokenizers library has them: each over the whole list of tokens.</summary>
    static string Plain(string[] tokens, string old, string content, string strip, int start, int stop)
    {
        var decoded = new List<string>();
        for (int i = 0; i < tokens.Length;)
        {
            int end = i;
            while (end < tokens.Length && tokens[end].StartsWith("<0x")) end++;
            byte[] bytes = tokens[i..end].Select(token => Convert.ToByte(token[3..5], 16)).ToArray();
            string text = Encoding.UTF8.GetString(bytes);
            decoded.Add(text.Contains('\uFFFD') ? new string('\uFFFD', bytes.Length) : text);
            if (end < tokens.Length) decoded.Add(tokens[end]);
            i = end + 1;
        }
        string fused = string.Concat(decoded).Replace(old, content);
        while (start-- > 0 && fused.StartsWith(strip)) fused = fused[1..];
        while (stop-- > 0 && fused.EndsWith(strip)) fused = fused[..^1];
        return fused;
    }

    [Fact]
    public void Piece_by_piece_is_all_at_once()
    {
        string[] tokens = ["<0xE5>", "<0x8F>", "<0xAB>", "H", "HH", "a\u2581", "\u2581b", "ab", "a", "b\u2581H"];
        using var document = JsonDocument.Parse(Steps(Bytes, Fuse, Replace("ab", "Hx"), Strip(2, 1)));
        Gen.Int[0, tokens.Length - 1].Array[0, 14].Sample(row =>
        {
            var text = new TextStage();
            var first = DecoderReader.Read(new JsonPlace("t", "", document.RootElement))(text);
            var streamed = new StringBuilder();
            foreach (int i in row)
            {
                first.Push(tokens[i]);
                streamed.Append(text.Take());
            }
            first.End();
            Assert.Equal(Plain(row.Select(i => tokens[i]).ToArray(), "ab", "Hx", "H", 2, 1), streamed.Append(text.Take()).ToString());
        }, iter: 2000, threads: 1);
    }
}
