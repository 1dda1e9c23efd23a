namespace PureLora;

/// <summary>
/// A chat as ids with its mask: rendered by the template, tokenized once as a whole (the template writes BOS, so none is added), and
/// trained where a token lies in a turn that <c>train_on</c> names. A message's own <c>train</c> or <c>weight</c> decides for it.
/// </summary>
sealed class ChatEncoder(Vocabulary vocabulary, TrainConfig config, ChatTemplate? template)
{
    public Encoded Encode(ChatDraft chat, string place)
    {
        if (template is null)
            throw new PureLoraException($"{place}: the record is a chat, but the model has no chat template and it needs one. Set chat_template to a file with the template that the model was made with, or to chatml for a base model.");
        if (vocabulary.EncodeWithOffsets is not { } encode)
            throw new InvalidOperationException("Chats need a tokenizer with offsets.");
        var turns = new ChatTurns(template, chat, place);
        var whole = turns.Whole;
        var tokens = encode(whole.Text);
        var trained = new bool[tokens.Ids.Length];
        string? notPrefix = null;
        var spans = turns.AssistantSpans();
        for (var i = 0; i < chat.Turns.Count; i++)
            if (IsTrained(chat, i))
            {
                string? why = null;
                if ((spans?.GetValueOrDefault(i) ?? turns.Span(i, out why)) is { } span)
                    Mark(trained, tokens, span, isMarked: spans?.ContainsKey(i) == true);
                else
                    notPrefix ??= why;
            }
        if (config.TrainOn == "all")
            trained.AsSpan().Fill(true);
        if (!config.TrainEos)
            for (var t = 0; t < trained.Length; t++)
                trained[t] &= !vocabulary.SpecialIds.Contains(tokens.Ids[t]);
        return ExampleEncoder.Finished(tokens.Ids, trained, Roles(chat, whole.Text, tokens), [.. chat.Turns.Select(turn => turn.Content)], isChat: true, notPrefix);
    }

    /// <summary>Whether a message is to be trained by its flag, else by <c>train_on</c>.</summary>
    bool IsTrained(ChatDraft chat, int i)
    {
        var turn = chat.Turns[i];
        if (turn.Train is { } own)
            return own;
        if (turn.Role != "assistant" || config.TrainOn == "all")
            return false;
        return (config.TrainOn ?? (chat.Completion is null ? "assistant" : "completion")) switch
        {
            "assistant" => true,
            "completion" when chat.Completion is { } first => i >= first,
            _ => chat.Turns.Skip(i + 1).All(later => later.Role != "assistant"),
        };
    }

    /// <summary>
    /// Trains the tokens that touch a turn, up to the special token that ends it: spaces after that are the template's. Where the
    /// template's own marks leave that token outside, it is trained too, since a model that never learns it never stops.
    /// </summary>
    void Mark(bool[] trained, TokenizedText tokens, (int Start, int End) span, bool isMarked)
    {
        int first = -1, last = -1, lastSpecial = -1;
        for (var t = 0; t < trained.Length; t++)
        {
            var (start, end) = tokens.Offsets[t];
            if (start >= span.End || Math.Max(end, start + 1) <= span.Start)
                continue;
            first = first < 0 ? t : first;
            last = t;
            if (vocabulary.SpecialIds.Contains(tokens.Ids[t]))
                lastSpecial = t;
        }
        var next = last >= 0 ? last + 1 : System.Array.FindIndex(tokens.Offsets, offset => offset.Start >= span.End);
        if (isMarked)
        {
            if ((lastSpecial < 0 || !IsBlank(tokens, lastSpecial + 1, last)) && next >= 0 && next < trained.Length && vocabulary.SpecialIds.Contains(tokens.Ids[next]))
                (first, last) = (first < 0 ? next : first, next);
        }
        else if (lastSpecial >= 0 && IsBlank(tokens, lastSpecial + 1, last))
            last = lastSpecial;
        if (first >= 0)
            trained.AsSpan(first, last - first + 1).Fill(true);
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
