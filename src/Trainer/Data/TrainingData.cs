using System.Globalization;

namespace PureLora;

/// <summary>The examples of a run, read as its settings say: those to train on, those to evaluate, and what reading them showed.</summary>
sealed class TrainingData : IDisposable
{
    public required ExampleSet Train { get; init; }

    public ExampleSet? Evaluation { get; init; }

    /// <summary>Of the training files, and of the evaluation files if there are any.</summary>
    public required IReadOnlyList<DataReport> Reports { get; init; }

    /// <summary>The template that chats were rendered with; null where there were none.</summary>
    public ChatTemplate? Template { get; init; }

    /// <summary>What stops the run unless it is allowed.</summary>
    public required IReadOnlyList<Finding> Findings { get; init; }

    /// <summary>The template that prompts were given: instructions without one of their own get the words of Alpaca.</summary>
    public required string PromptTemplate { get; init; }

    /// <summary>What a person should know of the data.</summary>
    public IEnumerable<string> Warnings => Reports.SelectMany(report => report.Warnings).Concat(MixtureNotes);

    /// <summary>How often an epoch takes the examples of each set, where that is not once.</summary>
    public required IReadOnlyList<string> MixtureNotes { get; init; }

    /// <summary>Says what a person should know, and stops at what no setting allows.</summary>
    /// <exception cref="PureLoraException">The first such finding.</exception>
    public void Check(TrainConfig config, Action<string> say)
    {
        var allowed = TrainConfig.Listed(config.Allow);
        var stopping = Findings.Where(finding => !allowed.Contains(finding.Name)).ToArray();
        if (stopping.Length > 0)
            throw new PureLoraException(stopping[0].Message + (stopping.Length == 1 ? "" : $" Also found: {string.Join(", ", stopping.Skip(1).Select(finding => finding.Name).Distinct())}; purelora data shows all."));
        foreach (var finding in Findings.Where(finding => allowed.Contains(finding.Name)))
            say($"allowed    {finding.Name}: {finding.Message}");
        foreach (var warning in Warnings)
            say($"warning: {warning}");
    }

    /// <summary>Refuses pairs of answers, which there is no training on yet.</summary>
    public void RefusePreferences()
    {
        if (Reports.FirstOrDefault(report => report.Preferences > 0) is { } pairs)
            throw new PureLoraException($"{pairs.Files}: the records are pairs of a chosen and a rejected answer, but train needs examples with one answer; learning from preferences is not there yet. Set data_form to prompt_completion or alpaca if the records have such keys too.");
    }

    /// <summary>Reads the files.</summary>
    /// <param name="config">Its max_seq_length is settled, not 0.</param>
    /// <param name="vocabulary">The model's.</param>
    /// <param name="stop">Ends it between two blocks of records.</param>
    public static TrainingData Read(TrainConfig config, Vocabulary vocabulary, CancellationToken stop = default)
    {
        var own = config.Model.Length > 0 ? ChatTemplate.Load(config.Model) : null;
        var used = config.ChatTemplate.Length > 0 ? ChatTemplates.Of(config.ChatTemplate, config.Model, vocabulary) : own;
        var reader = new DataReader(new ExampleEncoder(vocabulary, config, used), vocabulary, config, stop);
        var (train, report) = reader.Read(TrainConfig.Listed(config.TrainFile), "train");
        ExampleSet? evaluation = null;
        try
        {
            if (config.EvalFile.Length == 0)
            {
                (var kept, evaluation) = ValidationSplit.Of(train, config.ValidationSplit, (ulong)config.Seed);
                return Make(kept, evaluation, [report]);
            }
            (evaluation, var other) = reader.Read(TrainConfig.Listed(config.EvalFile), "valid", "eval", "dev", "test");
            return Make(train, evaluation, [report, other]);
        }
        catch
        {
            train.Dispose();
            evaluation?.Dispose();
            throw;
        }

        TrainingData Make(ExampleSet train, ExampleSet? evaluation, DataReport[] reports)
        {
            var chats = reports.Any(r => r.Forms.Any(form => form is MessagesForm or ConversationsForm or PromptCompletionForm) && r.Chats > 0);
            var findings = reports.SelectMany(r => r.Findings);
            if (chats && TemplateDiffers.Of(config.Model, own, used, config.ChatTemplate) is { } differs)
                findings = findings.Prepend(differs);
            if (used is not null && chats && config.ChatTemplateSha256.Length > 0 && config.ChatTemplateSha256 != used.Hash)
                throw new PureLoraException($"{config.Model}: the chat template has the hash {used.Hash}, but chat_template_sha256 is {config.ChatTemplateSha256} and the run needs the one of that hash. Bring it back, or leave chat_template_sha256 out.");
            var instructs = reports[0].Forms.All(form => form is AlpacaForm or SelfInstructForm);
            return new()
            {
                PromptTemplate = instructs && config.PromptTemplate == PureLora.PromptTemplate.Plain ? PureLora.PromptTemplate.Alpaca : config.PromptTemplate,
                MixtureNotes = train.Count == 0 ? [] : [.. Mixed(train)],
                Train = train,
                Evaluation = evaluation,
                Reports = reports,
                Template = chats ? used : null,
                Findings = [.. findings],
            };
        }

        IEnumerable<string> Mixed(ExampleSet train)
        {
            var counts = new Mixture(train.Sets, config.Weights(), (ulong)config.Seed).Counts;
            for (var set = 0; set < counts.Length; set++)
                if (counts[set] != train.Sets[set])
                    yield return string.Create(CultureInfo.InvariantCulture, $"{TrainConfig.Listed(config.TrainFile)[set]}: an epoch takes {counts[set]:N0} of its {train.Sets[set]:N0} examples, each {(double)counts[set] / train.Sets[set]:F2} times, as train_weights says.");
        }
    }

    public void Dispose()
    {
        Train.Dispose();
        Evaluation?.Dispose();
    }
}
