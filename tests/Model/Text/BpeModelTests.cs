using CsCheck;

namespace PureLora.Tests;

public class BpeModelTests
{
    static readonly JsonPlace Here = new("t", "", default);

    static TokenTable Vocabulary(params string[] tokens)
    {
        var table = new TokenTable();
        for (int id = 0; id < tokens.Length; id++) table.Add(tokens[id], id, Here);
        return table;
    }

    static BpeModel Model(TokenTable vocabulary, BpeOptions options, params (string Left, string Right)[] merges)
    {
        var table = new MergeTable(0);
        for (int rank = 0; rank < merges.Length; rank++)
        {
            var (left, right) = merges[rank];
            Assert.True(vocabulary.TryGetId(left, out int l) & vocabulary.TryGetId(right, out int r) & vocabulary.TryGetId(left + right[options.Prefix.Length..], out int result));
            table.Add(l, r, rank, result);
        }
        return new BpeModel(vocabulary, table, options);
    }

    static string Tokens(BpeModel model, TokenTable vocabulary, string piece)
    {
        var tokens = new List<PieceToken>();
        model.Append(piece, 0, tokens);
        return string.Join(' ', tokens.Select(token => $"{vocabulary.TokenOf(token.Id)}@{token.Start}-{token.End}"));
    }

    [Theory]
    [InlineData(false, "a@0-1 <unk>@1-2 <unk>@2-3 b@3-4")]
    [InlineData(true, "a@0-1 <unk>@1-3 b@3-4")]
    public void Unknown_characters_are_one_token_each_or_fused(bool fuse, string expected)
    {
        var vocabulary = Vocabulary("<unk>", "a", "b");
        Assert.Equal(expected, Tokens(Model(vocabulary, new("<unk>", FuseUnk: fuse)), vocabulary, "accb"));
    }

    [Fact]
    public void Unknown_characters_without_a_token_for_them_are_dropped()
    {
        var vocabulary = Vocabulary("a", "b");
        Assert.Equal("a@0-1 b@3-4", Tokens(Model(vocabulary, new()), vocabulary, "accb"));
        var error = Assert.Throws<PureLoraException>(() => Tokens(Model(vocabulary, new("<unk>")), vocabulary, "c"));
        Assert.StartsWith("tokenizer: unk_token is \"<unk>\", but a text with a character that has no token needs it in the vocabulary.", error.Message);
    }

    [Fact]
    public void Bytes_stand_for_a_character_if_all_of_them_are_there()
    {
        var vocabulary = Vocabulary("<unk>", "a", "<0xC3>", "<0xA9>", "<0x61>");
        Assert.Equal("a@0-1 <0xC3>@1-2 <0xA9>@1-2 <unk>@2-3", Tokens(Model(vocabulary, new("<unk>", ByteFallback: true)), vocabulary, "aéè"));
    }

    [Fact]
    public void A_piece_that_is_a_token_needs_no_merges_where_they_are_ignored()
    {
        var vocabulary = Vocabulary("a", "b", "ab");
        Assert.Equal("a@0-1 b@1-2", Tokens(Model(vocabulary, new()), vocabulary, "ab"));
        Assert.Equal("ab@0-2", Tokens(Model(vocabulary, new(IgnoreMerges: true)), vocabulary, "ab"));
        Assert.Equal("a@0-1 b@1-2 a@2-3", Tokens(Model(vocabulary, new(IgnoreMerges: true)), vocabulary, "aba"));
    }

    [Fact]
    public void Prefixes_and_suffixes_are_part_of_the_tokens()
    {
        var prefixed = Vocabulary("a", "##b", "##c", "ab", "abc");
        Assert.Equal("abc@0-3", Tokens(Model(prefixed, new(Prefix: "##"), ("a", "##b"), ("ab", "##c")), prefixed, "abc"));
        var suffixed = Vocabulary("a", "b", "b</w>", "ab</w>");
        Assert.Equal("a@0-1 b@1-2 ab</w>@2-4", Tokens(Model(suffixed, new(Suffix: "</w>"), ("a", "b</w>")), suffixed, "abab"));
    }

    [Fact]
    public void Whole_texts_are_cut_at_metaspaces_only_where_no_merge_reaches_over_one()
    {
        // Ten words: with the cut the pieces are remembered, without it the text is one.
        string text = string.Concat(Enumerable.Repeat("▁ab", 10));
        var apart = Vocabulary("▁", "a", "b", "▁a");
        Assert.Equal(string.Join(' ', Enumerable.Range(0, 10).Select(i => $"▁a@{3 * i}-{3 * i + 2} b@{3 * i + 2}-{3 * i + 3}")), Tokens(Model(apart, new(), ("▁", "a")), apart, text));
        var across = Vocabulary("▁", "a", "b", "b▁");
        Assert.Equal("▁@0-1 a@1-2 b▁@2-4 a@4-5 b@5-6", Tokens(Model(across, new(), ("b", "▁")), across, "▁ab▁ab"));
    }

    [Fact]
    public void Added_tokens_are_not_the_model_s()
    {
        var vocabulary = Vocabulary("a", "b");
        vocabulary.AddAdded("ab", 2, Here);
        Assert.Equal("a@0-1 b@1-2", Tokens(Model(vocabulary, new(IgnoreMerges: true)), vocabulary, "ab"));
    }

    [Fact]
    public void Both_ways_to_merge_do_as_the_plain_rule_says()
    {
        // Ids 0-2 are letters; merge m makes id 3 + m of two earlier ids. Ranks may be equal, as scores can be.
        var merges = Gen.Int[0, 1000].Select(Gen.Int[0, 1000], Gen.Int[0, 6]).Array[1, 12]
            .Select(all => all.Select((merge, m) => (Left: merge.Item1 % (3 + m), Right: merge.Item2 % (3 + m), Rank: merge.Item3, Result: 3 + m)).DistinctBy(merge => (merge.Left, merge.Right)).ToList());
        merges.Select(Gen.Int[0, 2].Array[0, 47]).Sample((list, row) =>
        {
            var table = new MergeTable(0);
            foreach (var (left, right, rank, result) in list) table.Add(left, right, rank, result);
            var plain = row.ToList();
            while (Enumerable.Range(0, Math.Max(0, plain.Count - 1)).Select(i => (At: i, Merge: list.FindIndex(m => m.Left == plain[i] && m.Right == plain[i + 1])))
                .Where(found => found.Merge >= 0).OrderBy(found => list[found.Merge].Rank).ThenBy(found => found.At).Take(1).ToList() is [var best])
            {
                plain[best.At] = list[best.Merge].Result;
                plain.RemoveAt(best.At + 1);
            }
            PieceToken[] Row() => row.Select((id, i) => new PieceToken(id, i, i + 1)).ToArray();
            PieceToken[] scanned = Row(), heaped = Row();
            int count = MergeLoop.Merge(scanned, table);
            Assert.Equal(plain, scanned[..count].Select(token => token.Id));
            Assert.Equal(count, MergeLoop.MergeLong(heaped, table));
            Assert.Equal(scanned[..count], heaped[..count]);
            Assert.Equal(Enumerable.Range(0, row.Length), scanned[..count].SelectMany(token => Enumerable.Range(token.Start, token.End - token.Start)));
        }, iter: 3000);
    }

    [Fact]
    public void The_table_of_merges_keeps_what_it_is_told_last()
    {
        Gen.Select(Gen.Int[0, 50], Gen.Int[0, 50], Gen.Int[0, 9]).Array[0, 300].Sample(entries =>
        {
            var table = new MergeTable(0);
            var plain = new Dictionary<(int, int), int>();
            foreach (var (left, right, rank) in entries)
            {
                table.Add(left, right, rank, rank + 1);
                plain[(left, right)] = rank;
            }
            for (int left = 0; left <= 50; left++)
            {
                for (int right = 0; right <= 50; right++)
                {
                    bool known = plain.TryGetValue((left, right), out int expected);
                    Assert.Equal(known, table.TryGet(left, right, out int rank, out int result));
                    if (known) Assert.Equal((expected, expected + 1), (rank, result));
                }
            }
            Assert.Equal(plain.Keys.Order(), table.Pairs.Order());
        }, iter: 50);
    }
}
