namespace PureLora;

/// <summary>Continues prompts, several side by side. Greedily, each gets the tokens that it would get alone; a drawn token also
/// depends on the prompt's place in the list, so that equal prompts get different answers.</summary>
public static class Generation
{
    /// <summary>The ids after each prompt, up to and without the one that stopped it.</summary>
    /// <param name="model">A decoder, with or without adapters.</param>
    /// <param name="prompts">Token ids of each prompt, at least one.</param>
    /// <param name="settings">How to choose a token.</param>
    /// <param name="stopIds">Ids that end a sequence.</param>
    /// <param name="onToken">Called with the sequence and the id of each new token.</param>
    /// <param name="cancellation">Ends the generation between two tokens.</param>
    /// <param name="onStop">Called with a sequence that an id of <paramref name="stopIds"/> ended; the others reached the limit.</param>
    public static int[][] Run(
        Decoder model, IReadOnlyList<int[]> prompts, GenerationSettings settings, IReadOnlySet<int> stopIds,
        Action<int, int>? onToken = null, CancellationToken cancellation = default, Action<int>? onStop = null)
    {
        settings.Validate();
        if (prompts.Count == 0)
            return [];
        var (longest, limit) = (prompts.Max(p => p.Length), model.Config.MaxPositions);
        if (prompts.Any(p => p.Length == 0))
            throw new UsageException("prompt: it has no token, but generation needs one. Write a prompt, or use a tokenizer that adds a first token.");
        if (longest >= limit)
            throw new PureLoraException($"prompt: it is {longest} tokens long, but the model has {limit} positions and needs one for the answer. Shorten the prompt.");
        var capacity = (int)Math.Min(limit, (long)longest + settings.MaxNewTokens);
        using var cache = new KeyValueCache(model, prompts.Count, capacity);
        var answers = prompts.Select(_ => new List<int>()).ToArray();
        var running = prompts.Select(_ => true).ToArray();
        var next = Prefill(model, prompts, cache);
        for (var index = 0; ; index++)
        {
            cancellation.ThrowIfCancellationRequested();
            var added = new int[prompts.Count];
            var ids = new int[prompts.Count];
            for (var s = 0; s < prompts.Count; s++)
            {
                if (!running[s])
                    continue;
                var id = TokenSampler.Next(next.AsSpan(s * model.Config.VocabularySize, model.Config.VocabularySize), settings, s, index);
                running[s] = !stopIds.Contains(id);
                if (!running[s])
                {
                    onStop?.Invoke(s);
                    continue;
                }
                answers[s].Add(id);
                onToken?.Invoke(s, id);
                running[s] = answers[s].Count < settings.MaxNewTokens && cache.Lengths[s] < capacity;
                (added[s], ids[s]) = (running[s] ? 1 : 0, id);
            }
            if (!running.Any(r => r))
                return [.. answers.Select(a => a.ToArray())];
            next = Decode(model, ids, added, cache);
        }
    }

    /// <summary>All prompts in one pass, right-padded; the logits [S, V] after each prompt's last token.</summary>
    static float[] Prefill(Decoder model, IReadOnlyList<int[]> prompts, KeyValueCache cache)
    {
        var (sequences, length) = (prompts.Count, prompts.Max(p => p.Length));
        var (ids, positions, starts) = (new int[sequences * length], new int[sequences * length], new int[sequences * length]);
        for (var s = 0; s < sequences; s++)
            for (var t = 0; t < length; t++)
            {
                var row = s * length + t;
                positions[row] = t;
                (ids[row], starts[row]) = t < prompts[s].Length ? (prompts[s][t], s * length) : (0, row + 1);
            }
        using var batch = new TokenBatch(model.Device, sequences, ids, positions, starts);
        using var placement = cache.Place([.. prompts.Select(p => p.Length)], length);
        using var tape = new Tape(model.Device, records: false);
        using var last = model.Device.RentCopy<int>([.. prompts.Select((p, s) => s * length + p.Length - 1)]);
        var hidden = model.Forward(tape, batch, cache);
        return model.Logits(tape, tape.Embedding(hidden, last)).Data.ToArray();
    }

    /// <summary>One token of each sequence; the logits [S, V] after it.</summary>
    static float[] Decode(Decoder model, int[] ids, int[] added, KeyValueCache cache)
    {
        var rows = Enumerable.Range(0, ids.Length).ToArray();
        using var batch = new TokenBatch(model.Device, ids.Length, ids, [.. rows.Select(s => Math.Min(cache.Lengths[s], cache.Capacity - 1))], rows);
        using var placement = cache.Place(added, 1);
        using var tape = new Tape(model.Device, records: false) { Decodes = true };
        return model.Logits(tape, model.Forward(tape, batch, cache)).Data.ToArray();
    }
}
