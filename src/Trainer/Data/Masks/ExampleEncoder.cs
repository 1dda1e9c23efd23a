namespace PureLora;

/// <summary>
/// A draft as ids with its mask. A text becomes BOS, prompt, completion, EOS, with the completion and EOS trained; BOS is there if the
/// tokenizer adds it. Prompt and completion are tokenized apart and their ids joined, so the mask is exact. Chats: <see cref="ChatEncoder"/>.
/// </summary>
sealed class ExampleEncoder
{
    readonly Vocabulary vocabulary;
    readonly TrainConfig config;
    readonly PromptTemplate template, instructions;
    readonly ChatEncoder chats;

    /// <exception cref="UsageException">max_seq_length or prompt_template has a value that cannot work.</exception>
    /// <exception cref="PureLoraException">The tokenizer has no EOS, or no BOS that it adds.</exception>
    public ExampleEncoder(Vocabulary vocabulary, TrainConfig config, ChatTemplate? chatTemplate = null)
    {
        (this.vocabulary, this.config) = (vocabulary, config);
        if (config.MaxSeqLength < 2)
            throw new UsageException($"max_seq_length: the value is {config.MaxSeqLength}, but predicting a token needs at least 2. Raise it.");
        if (vocabulary is { AddsBos: true, BosId: null })
            throw new PureLoraException($"{config.Model}: the tokenizer's BOS token is none, but its add_bos_token needs one. Set bos_token in tokenizer_config.json.");
        template = new PromptTemplate(config.PromptTemplate);
        instructions = config.PromptTemplate == PromptTemplate.Plain ? new PromptTemplate(PromptTemplate.Alpaca) : template;
        chats = new ChatEncoder(vocabulary, config, chatTemplate);
    }

    /// <summary>The whole example; <paramref name="place"/> is what errors call it.</summary>
    public Encoded Encode(Draft draft, string place) => draft switch
    {
        TextDraft text => Text(text, place),
        ChatDraft chat => chats.Encode(chat, place),
        IdsDraft ids => Finished(ids.Ids, ids.Trained, Enumerable.Repeat(Role.Text, ids.Ids.Length).ToArray(), [], false),
        _ => throw new InvalidOperationException($"{place}: {draft.GetType().Name} has no ids."),
    };

    Encoded Text(TextDraft draft, string place)
    {
        int eos = vocabulary.EosId ?? throw new PureLoraException($"{place}: the tokenizer's EOS token is none, but training needs one to end every example. Set eos_token in tokenizer_config.json.");
        if (draft.Prompt is null && config.PromptTemplate != PromptTemplate.Plain)
            throw new UsageException($"prompt_template: the template is {Quoted.Of(config.PromptTemplate)}, but {place} is a text without a prompt and it needs one. Remove prompt_template or use records with \"prompt\" and \"completion\".");
        int[] bos = vocabulary.AddsBos ? [vocabulary.BosId!.Value] : [];
        int[] prompt = draft.Prompt is null ? [] : vocabulary.Encode((draft.IsInstruction ? instructions : template).Fill(draft.Prompt, draft.Input));
        int[] completion = prompt.Length == 0 ? vocabulary.Encode(draft.Completion) : vocabulary.EncodeContinuation(draft.Completion);
        int[] ids = [.. bos, .. prompt, .. completion, eos];
        var (trained, roles) = (new bool[ids.Length], new Role[ids.Length]);
        trained.AsSpan(draft.Prompt is null || config.TrainOn == "all" ? 0 : bos.Length + prompt.Length).Fill(true);
        trained[^1] = config.TrainEos;
        roles.AsSpan(bos.Length, prompt.Length).Fill(Role.Prompt);
        roles.AsSpan(bos.Length + prompt.Length, completion.Length).Fill(draft.Prompt is null ? Role.Text : Role.Completion);
        return Finished(ids, trained, roles, draft.Prompt is null ? [draft.Completion] : [draft.Prompt, draft.Input, draft.Completion], draft.IsInstruction);
    }

    internal static Encoded Finished(int[] ids, bool[] trained, Role[] roles, IReadOnlyList<string> texts, bool isChat, string? notPrefix = null)
    {
        var first = ids.Length > 0 ? trained.AsSpan(1).IndexOf(true) : -1;
        return new Encoded
        {
            Ids = ids,
            Trained = trained,
            Roles = roles,
            WholeLength = ids.Length,
            FirstTrained = first < 0 ? ids.Length : first + 1,
            Texts = texts,
            IsChat = isChat,
            NotPrefix = notPrefix,
        };
    }
}
