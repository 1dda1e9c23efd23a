namespace PureLora;

/// <summary>Two neighbours that become one token; merges are tried in the order of the file.</summary>
internal readonly record struct Merge(int Left, int Right, int Result);

/// <summary>Tokens and their ids, both ways: those of the BPE model, then the added ones.</summary>
internal sealed class TokenTable
{
    /// <summary>Larger ids are a broken file; no vocabulary in use reaches a tenth of it.</summary>
    const int LargestId = (1 << 22) - 1;

    readonly Dictionary<string, int> ids = [];
    readonly List<string?> tokens = [];

    /// <summary>One more than the highest id.</summary>
    public int Size => tokens.Count;

    public IEnumerable<KeyValuePair<string, int>> Entries => ids;

    public bool TryGetId(string token, out int id) => ids.TryGetValue(token, out id);

    public string? TokenOf(int id) => id < tokens.Count ? tokens[id] : null;

    /// <summary>Reads <c>model.vocab</c>: every id once, every token once.</summary>
    public static TokenTable Read(JsonPlace vocab)
    {
        var vocabulary = new TokenTable();
        foreach (var (token, place) in vocab.Entries())
            vocabulary.Add(token, (place with { Path = $"{vocab.Path} \"{token}\"" }).Integer(0, LargestId), vocab);
        if (vocabulary.Size == 0) throw vocab.Wrong("empty", "at least one token");
        return vocabulary;
    }

    /// <summary>An added token may repeat a token of the model, with the same id.</summary>
    public int AddAdded(string token, JsonPlace place)
    {
        int id = place.Need("id").Integer(0, LargestId);
        if (!ids.TryGetValue(token, out int known)) Add(token, id, place);
        else if (known != id) throw place.Wrong($"\"{token}\" with id {id}", $"its id in the vocabulary, {known}");
        return id;
    }

    void Add(string token, int id, JsonPlace place)
    {
        while (tokens.Count <= id) tokens.Add(null);
        if (tokens[id] is { } other) throw place.Wrong($"a list where \"{token}\" and \"{other}\" both have id {id}", "one token per id");
        if (!ids.TryAdd(token, id)) throw place.Wrong($"a list with \"{token}\" twice", "every token once");
        tokens[id] = token;
    }

    /// <summary>Reads <c>model.merges</c>, as <c>"a b"</c> or <c>["a", "b"]</c>. Of a merge listed twice the last counts.</summary>
    public List<Merge> ReadMerges(JsonPlace list)
    {
        var merges = new List<Merge>();
        foreach (var item in list.Items())
        {
            string[] parts = item.Value.ValueKind == System.Text.Json.JsonValueKind.Array
                ? item.Items().Select(part => part.Text()).ToArray()
                : item.Text().Split(' ');
            if (parts.Length != 2) throw item.Wrong($"of {parts.Length} parts", "merges of two parts");
            merges.Add(new Merge(Part(parts[0]), Part(parts[1]), Part(parts[0] + parts[1])));

            int Part(string token) => ids.TryGetValue(token, out int id)
                ? id
                : throw item.Wrong($"a merge with \"{token}\"", "both parts and the result of a merge in its vocabulary");
        }
        var seen = new HashSet<(int, int)>();
        for (int i = merges.Count - 1; i >= 0; i--)
        {
            if (!seen.Add((merges[i].Left, merges[i].Right))) merges[i] = new Merge(-1, -1, -1);
        }
        merges.RemoveAll(merge => merge.Left < 0);
        return merges;
    }
}
