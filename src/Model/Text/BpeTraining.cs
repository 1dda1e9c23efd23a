namespace PureLora;

/// <summary>
/// Learns a byte-level BPE from text and writes it as a Hugging Face tokenizer: GPT-2's split, the 256 bytes, then
/// the most frequent pair again and again, of equals the one first in ordinal order. Same texts, same bytes.
/// It counts anew for every merge: made for vocabularies of hundreds or a few thousand, not for gigabytes.
/// </summary>
public sealed class BpeTraining
{
    readonly List<string> tokens = [];
    readonly Dictionary<string, int> ids = [];
    readonly List<(string Left, string Right)> merges = [];
    readonly int specialCount;

    BpeTraining(IReadOnlyList<string> specials)
    {
        foreach (string special in specials) Add(special);
        specialCount = tokens.Count;
        for (int b = 0; b < 256; b++) Add(ByteLevel.CharOf((byte)b).ToString());
    }

    /// <summary>
    /// Learns at most <paramref name="vocabularySize"/> tokens (fewer when no pair occurs twice) and writes tokenizer.json
    /// and tokenizer_config.json. Special tokens have the first ids: end, begin, pad, others. With a
    /// <paramref name="bosToken"/>, every encoded text begins with it.
    /// </summary>
    /// <exception cref="UsageException">The vocabulary cannot hold the bytes and the special tokens, or one is given twice or is one character.</exception>
    public static void Write(
        string folder, IEnumerable<string> texts, int vocabularySize, string eosToken = "<|endoftext|>",
        string? bosToken = null, string? padToken = null, IReadOnlyList<string>? otherTokens = null)
    {
        List<string> specials = [eosToken];
        if (bosToken is not null && bosToken != eosToken) specials.Add(bosToken);
        if (padToken is not null && !specials.Contains(padToken)) specials.Add(padToken);
        specials.AddRange(otherTokens ?? []);
        if (specials.Distinct().Count() != specials.Count || specials.Any(special => special.Length < 2))
            throw new UsageException($"tokenizer: special tokens are {string.Join(" ", specials)}, but training needs each once and of two characters or more. Rename one.");
        if (vocabularySize < 256 + specials.Count)
            throw new UsageException($"tokenizer: vocabulary size is {vocabularySize}, but 256 bytes and {specials.Count} special tokens need {256 + specials.Count}. Raise it.");

        var training = new BpeTraining(specials);
        training.Learn(texts, vocabularySize);
        new TokenizerWriter(training.tokens, training.specialCount, training.merges).Write(folder, bosToken, eosToken, padToken);
    }

    int Add(string token)
    {
        if (ids.TryGetValue(token, out int known)) return known;
        ids.Add(token, tokens.Count);
        tokens.Add(token);
        return tokens.Count - 1;
    }

    void Learn(IEnumerable<string> texts, int vocabularySize)
    {
        var words = Count(texts);
        while (tokens.Count < vocabularySize && Best(words) is { } best)
        {
            merges.Add((tokens[best.Left], tokens[best.Right]));
            int merged = Add(tokens[best.Left] + tokens[best.Right]);
            foreach (var (row, _) in words)
            {
                int kept = 0;
                for (int i = 0; i < row.Count; i++)
                {
                    bool here = i + 1 < row.Count && row[i] == best.Left && row[i + 1] == best.Right;
                    row[kept++] = here ? merged : row[i];
                    if (here) i++;
                }
                row.RemoveRange(kept, row.Count - kept);
            }
        }
    }

    List<(List<int> Row, long Count)> Count(IEnumerable<string> texts)
    {
        var counts = new Dictionary<string, long>();
        var cuts = new List<(int Start, int Length, bool Match)>();
        foreach (string text in texts)
        {
            cuts.Clear();
            Pattern.Gpt2.Cut(text, new WorkLimit(text.Length), cuts);
            foreach (var (start, length, _) in cuts)
            {
                string word = ByteLevel.Encode(text.AsSpan(start, length));
                counts[word] = counts.GetValueOrDefault(word) + 1;
            }
        }
        return counts.Select(word => (word.Key.Select(c => ids[c.ToString()]).ToList(), word.Value)).ToList();
    }

    /// <summary>The pair to merge next: its count, then its two tokens decide, so the order of words does not.</summary>
    (int Left, int Right)? Best(List<(List<int> Row, long Count)> words)
    {
        var counts = new Dictionary<(int Left, int Right), long>();
        foreach (var (row, count) in words)
        {
            for (int i = 0; i + 1 < row.Count; i++)
            {
                var pair = (row[i], row[i + 1]);
                counts[pair] = counts.GetValueOrDefault(pair) + count;
            }
        }
        (int Left, int Right)? best = null;
        long most = 1;
        foreach (var (pair, count) in counts)
        {
            if (count < 2 || count < most || IsSpecial(pair)) continue;
            if (best is null || count > most || IsBefore(pair, best.Value)) (best, most) = (pair, count);
        }
        return best;
    }

    bool IsSpecial((int Left, int Right) pair) => ids.TryGetValue(tokens[pair.Left] + tokens[pair.Right], out int id) && id < specialCount;

    bool IsBefore((int Left, int Right) a, (int Left, int Right) b)
    {
        int order = string.CompareOrdinal(tokens[a.Left], tokens[b.Left]);
        return order < 0 || (order == 0 && string.CompareOrdinal(tokens[a.Right], tokens[b.Right]) < 0);
    }
}
