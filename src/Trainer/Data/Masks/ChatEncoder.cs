namespace PureLora;

/// <summary>
/// A chat as ids with its mask: rendered by the template, tokenized once as a whole (the template writes BOS, so none is added), and
/// trained where a token lies in a turn that <c>train_on</c> names. A message's own <c>train</c> or <c>weight</c> decides for it.
/// </summary>
sealed class ChatEncoder(Vocabulary vocabulary, TrainConfig config, ChatTemplate? template)
{
    // One clock for a run: each shorter chat is compared with the whole, and every epoch's text is the same.
    readonly DateTime now = DateTime.Now;

    public Encoded Encode(ChatDraft chat, string place)
    {
        if (template is null)
            throw new PureLoraException($"{place}: the record is a chat, but the model has no chat template and it needs one. Set chat_template to a file with the template that the model was made with, or to chatml for a base model.");
        if (vocabulary.EncodeWithOffsets is not { } encode)
            throw new InvalidOperationException("Chats need a tokenizer with offsets.");
        var turns = new ChatTurns(template, chat, now, place);
        var whole = turns.Whole;
        ToolTrace.Check(chat, whole.Text, place);
        var tokens = encode(whole.Text);
        var trained = new bool[tokens.Ids.Length];
        trained.AsSpan().Fill(config.TrainOn == "all");
        string? notPrefix = null;
        var spans = turns.AssistantSpans();
        for (var i = 0; i < chat.Turns.Count; i++)
            if (IsTrained(chat, i) is { } wanted)
            {
                string? why = null;
                if ((spans?.GetValueOrDefault(i) ?? turns.Span(i, out why)) is { } span)
                    Mark(trained, tokens, span, spans?.ContainsKey(i) == true ? null : Said(chat, i, whole.Text, span), wanted);
                else
                    notPrefix ??= why;
            }
        if (!config.TrainEos)
            for (var t = 0; t < trained.Length; t++)
                trained[t] &= !vocabulary.SpecialIds.Contains(tokens.Ids[t]);
        return ExampleEncoder.Finished(tokens.Ids, trained, Roles(chat, whole.Text, tokens), [.. chat.Turns.Select(turn => turn.Content)], isChat: true, notPrefix);
    }

    /// <summary>Whether a message is to be trained, by its flag or else by <c>train_on</c>; null where it stays as it is: all or nothing.</summary>
    bool? IsTrained(ChatDraft chat, int i)
    {
        var turn = chat.Turns[i];
        var all = config.TrainOn == "all";
        if (turn.Train is { } own)
            return own == all ? null : own;
        if (turn.Role != "assistant" || all)
            return null;
        return (config.TrainOn ?? (chat.Completion is null ? "assistant" : "completion")) switch
        {
            "assistant" => true,
            "completion" when chat.Completion is { } first => i >= first,
            _ => chat.Turns.Skip(i + 1).All(later => later.Role != "assistant"),
        } ? true : null;
    }

    /// <summary>
    /// Trains the tokens that touch a turn, or leaves them out, up to the special token that ends it: what follows is the template's. Where the
    /// template's own marks leave that token outside, it is trained too, since a model that never learns it never stops.
    /// </summary>
    /// <param name="trained">The mask.</param>
    /// <param name="tokens">The whole chat.</param>
    /// <param name="span">The turn.</param>
    /// <param name="said">Where its words end and its end may come; null for a turn that the template marked.</param>
    /// <param name="wanted">Whether it is trained.</param>
    void Mark(bool[] trained, TokenizedText tokens, (int Start, int End) span, (int From, bool Surely)? said, bool wanted)
    {
        int first = -1, last = -1, lastSpecial = -1, closing = -1, stop = -1;
        for (var t = 0; t < trained.Length; t++)
        {
            var (start, end) = tokens.Offsets[t];
            if (start >= span.End || Math.Max(end, start + 1) <= span.Start)
                continue;
            first = first < 0 ? t : first;
            last = t;
            if (!vocabulary.SpecialIds.Contains(tokens.Ids[t]))
                continue;
            lastSpecial = t;
            if (said is not { } words || start < words.From)
                continue;
            closing = closing < 0 && words.Surely ? t : closing;
            stop = stop < 0 && vocabulary.Stops.Contains(tokens.Ids[t]) ? t : stop;
        }
        var next = last >= 0 ? last + 1 : System.Array.FindIndex(tokens.Offsets, offset => offset.Start >= span.End);
        if (said is null)
        {
            if ((lastSpecial < 0 || !IsBlank(tokens, lastSpecial + 1, last)) && next >= 0 && next < trained.Length && vocabulary.SpecialIds.Contains(tokens.Ids[next]))
                (first, last) = (first < 0 ? next : first, next);
        }
        else if (closing >= 0 || stop >= 0)
            last = closing >= 0 ? closing : stop;
        else if (lastSpecial >= 0 && IsBlank(tokens, lastSpecial + 1, last))
            last = lastSpecial;
        if (first >= 0)
            trained.AsSpan(first, last - first + 1).Fill(wanted);
    }

    /// <summary>Where a message's words end in its turn, and whether the next special token surely ends the turn: after tool calls only one at which generation ends does.</summary>
    static (int From, bool Surely) Said(ChatDraft chat, int i, string text, (int Start, int End) span)
    {
        var content = chat.Turns[i].Content.Trim();
        var at = content.Length == 0 ? -1 : text.IndexOf(content, span.Start, span.End - span.Start, StringComparison.Ordinal);
        return at < 0 ? (span.Start, false) : (at + content.Length, !chat.Messages[i].TryGetProperty("tool_calls", out _));
    }

    bool IsBlank(TokenizedText tokens, int from, int to)
    {
        for (var t = from; t <= to; t++)
            if (!string.IsNullOrWhiteSpace(vocabulary.Decode(tokens.Ids[t])))
                return false;
        return true;
    }

    /// <summary>Whose words each token is, by where the contents are found in the text, one after another.</summary>
    static Role[] Roles(ChatDraft chat, string text, TokenizedText tokens)
    {
        var roles = new Role[tokens.Ids.Length];
        System.Array.Fill(roles, Role.Template);
        int from = 0, t = 0;
        foreach (var turn in chat.Turns)
        {
            var content = turn.Content.Trim();
            var at = content.Length == 0 ? -1 : text.IndexOf(content, from, StringComparison.Ordinal);
            if (at < 0)
                continue;
            from = at + content.Length;
            var role = turn.Role switch { "system" or "developer" => Role.System, "user" => Role.User, "assistant" => Role.Assistant, "tool" => Role.Tool, _ => Role.Other };
            while (t < roles.Length && tokens.Offsets[t].Start < at)
                t++;
            for (; t < roles.Length && tokens.Offsets[t].Start < from; t++)
                roles[t] = role;
        }
        return roles;
    }
}
