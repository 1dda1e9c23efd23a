namespace PureLora;

/// <summary>Tokens and their ids, both ways: those of the model, then the added ones. Ids may have gaps.</summary>
internal sealed class TokenTable
{
    /// <summary>Larger ids are a broken file; no vocabulary in use reaches a tenth of it.</summary>
    internal const int LargestId = (1 << 22) - 1;

    readonly Dictionary<string, int> ids;
    readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> idsBySpan;
    readonly Dictionary<int, string> tokens;
    readonly HashSet<int> added = [];

    public TokenTable(int capacity = 0)
    {
        ids = new(capacity, StringComparer.Ordinal);
        tokens = new(capacity);
        idsBySpan = ids.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>One more than the highest id.</summary>
    public int Size { get; private set; }

    public IEnumerable<KeyValuePair<string, int>> Entries => ids;

    /// <summary>UTF-16 units of the longest token.</summary>
    public int Longest { get; private set; }

    public bool TryGetId(ReadOnlySpan<char> token, out int id) => idsBySpan.TryGetValue(token, out id);

    /// <summary>As <see cref="TryGetId"/>, but not for tokens that were added to the model's.</summary>
    public bool TryGetModelId(ReadOnlySpan<char> token, out int id) => idsBySpan.TryGetValue(token, out id) && !added.Contains(id);

    public string? TokenOf(int id) => tokens.GetValueOrDefault(id);

    /// <summary>Reads <c>model.vocab</c>: every id once, every token once.</summary>
    public static TokenTable Read(JsonPlace vocab)
    {
        var vocabulary = new TokenTable(vocab.Count);
        foreach (var (token, place) in vocab.Entries())
        {
            if (!place.TryInteger(LargestId, out int id)) id = (place with { Path = $"{vocab.Path} \"{token}\"" }).Integer(0, LargestId);
            vocabulary.Add(token, id, vocab);
        }
        if (vocabulary.Size == 0) throw vocab.Wrong("empty", "at least one token");
        return vocabulary;
    }

    /// <summary>An added token may repeat a token of the model, with the same id.</summary>
    public void AddAdded(string token, int id, JsonPlace place)
    {
        if (!ids.TryGetValue(token, out int known))
        {
            Add(token, id, place);
            added.Add(id);
        }
        else if (known != id) throw place.Wrong($"\"{token}\" with id {id}", $"its id in the vocabulary, {known}");
    }

    public void Add(string token, int id, JsonPlace place)
    {
        if (!tokens.TryAdd(id, token)) throw place.Wrong($"a list where \"{token}\" and \"{tokens[id]}\" both have id {id}", "one token per id");
        if (!ids.TryAdd(token, id)) throw place.Wrong($"a list with \"{token}\" twice", "every token once");
        Size = Math.Max(Size, id + 1);
        Longest = Math.Max(Longest, token.Length);
    }
}
