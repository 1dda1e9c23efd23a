using System.Buffers;
using CsCheck;
using Microsoft.ML.Tokenizers;

namespace PureLora.Tests;

public class ByteFallbackBpeTests
{
    static readonly int[] NoIds = [];

    static TextTokenizer Small(out TokenizerFolder folder)
    {
        folder = new TokenizerFolder().With("tokenizer.json", TokenizerFolder.SmallByteFallback().ToJsonString());
        return folder.Load();
    }

    [Fact]
    public void Every_stretch_between_added_tokens_begins_with_a_metaspace()
    {
        var tokenizer = Small(out var folder);
        using var _ = folder;
        int Id(string token) => tokenizer.Vocabulary.TryGetId(token, out int id) ? id : -1;
        Assert.Equal([Id("\u2581ab"), Id("\u2581"), Id("c")], tokenizer.Encode("ab c", true));
        Assert.Equal([Id("\u2581"), Id("c"), 2, Id("\u2581ab")], tokenizer.Encode("c</s>ab", true));
        Assert.Equal([Id("\u2581"), 3 + 0xC3, 3 + 0xA9, Id("a")], tokenizer.Encode("éa", true));
        Assert.Equal(NoIds, tokenizer.Encode("", true));
    }

    [Fact]
    public void A_run_of_bytes_that_is_no_text_is_one_replacement_for_each()
    {
        var tokenizer = Small(out var folder);
        using var _ = folder;
        int a = tokenizer.Encode("ca", false)[^1];
        Assert.Equal("é", tokenizer.Decode([3 + 0xC3, 3 + 0xA9]));
        Assert.Equal("\uFFFD\uFFFD\uFFFDa", tokenizer.Decode([3 + 0xC3, 3 + 0xA9, 3 + 0xC3, a]));
    }

    [Fact]
    public void Streamed_text_is_decoded_text()
    {
        var tokenizer = Small(out var folder);
        using var _ = folder;
        Gen.Int[0, tokenizer.VocabularySize + 3].Array[0, 40].Sample(ids =>
        {
            foreach (bool skip in (bool[])[true, false])
            {
                var decoder = new StreamingDecoder(tokenizer, skip);
                string streamed = string.Concat(ids.Select(decoder.Push)) + decoder.Flush();
                Assert.Equal(tokenizer.Decode(ids, skip), streamed);
                Assert.Equal(tokenizer.Decode(ids, skip), string.Concat(ids.Select(decoder.Push)) + decoder.Flush());
            }
        }, iter: 500);
    }

    [Fact]
    public void Text_comes_back_as_it_was()
    {
        var tokenizer = Small(out var folder);
        using var _ = folder;
        Gen.OneOf(Gen.Char[' ', '~'], Gen.Char['\u00A0', '\uD7FF']).Array[0, 40].Sample(chars =>
        {
            // The metaspace itself is the one character that this kind cannot keep.
            string text = new string(chars).Replace('\u2581', '_').Replace("<s>", "").Replace("</s>", "");
            Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text, true)));
        }, iter: 1000);
    }

    [Fact]
    public void The_heap_merges_as_the_plain_rule_says()
    {
        // Ids 0-2 are letters; merge m makes id 3 + m of two earlier ids.
        var merges = Gen.Int[0, 1000].Select(Gen.Int[0, 1000]).Array[1, 12]
            .Select(pairs => pairs.Select((pair, m) => new Merge(pair.Item1 % (3 + m), pair.Item2 % (3 + m), 3 + m)).DistinctBy(merge => (merge.Left, merge.Right)).ToList());
        merges.Select(Gen.Int[0, 2].Array[0, 40]).Sample((list, row) =>
        {
            int[] ids = [.. row];
            var starts = new MergeLoop(list).Run(ids);
            var plain = row.ToList();
            while (true)
            {
                int rank = list.FindIndex(merge => Enumerable.Range(0, Math.Max(0, plain.Count - 1)).Any(i => plain[i] == merge.Left && plain[i + 1] == merge.Right));
                if (rank < 0) break;
                int at = Enumerable.Range(0, plain.Count - 1).First(i => plain[i] == list[rank].Left && plain[i + 1] == list[rank].Right);
                plain[at] = list[rank].Result;
                plain.RemoveAt(at + 1);
            }
            Assert.Equal(plain, starts.Select(at => ids[at]));
        }, iter: 2000);
    }

    [Fact]
    public void A_megabyte_in_one_piece_takes_seconds_at_most()
    {
        var tokenizer = Small(out var folder);
        using var _ = folder;
        var clock = System.Diagnostics.Stopwatch.StartNew();
        int[] ids = tokenizer.Encode(new string('a', 1 << 20), false);
        Assert.Equal(1 + (1 << 19), ids.Length);
        // A quadratic loop takes minutes; the limit leaves room for a busy machine.
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(30), $"{clock.Elapsed}");
    }

    [Fact]
    public void It_is_a_tokenizer_of_the_library()
    {
        var tokenizer = Small(out var folder);
        using var _ = folder;
        using var document = JsonPlace.Parse(Path.Combine(folder.Folder, "tokenizer.json"));
        var root = new JsonPlace("t", "", document.RootElement);
        var vocabulary = TokenTable.Read(root.Need("model").Need("vocab"));
        var merges = vocabulary.ReadMerges(root.Need("model").Need("merges"));
        Tokenizer library = new ByteFallbackBpe(vocabulary, merges, DecodingRules.Read(root), root.Need("model"));

        var tokens = library.EncodeToTokens("\u2581abé", out string? normalized);
        Assert.Equal(["\u2581ab", "<0xC3>", "<0xA9>"], tokens.Select(token => token.Value));
        Assert.Equal([0..3, 3..4, 3..4], tokens.Select(token => token.Offset));
        Assert.Null(normalized);
        Assert.Equal(tokenizer.Encode("abé", false), library.EncodeToIds("\u2581abé"));
        Assert.Equal(3, library.CountTokens("\u2581abé"));
        Assert.Equal("abé", library.Decode(library.EncodeToIds("\u2581abé")));
        Assert.Equal(OperationStatus.DestinationTooSmall, library.Decode([260], new char[0], out int consumed, out int written));
        Assert.Equal((0, 0), (consumed, written));
    }
}
