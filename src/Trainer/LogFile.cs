using System.Text.Json;

namespace PureLora;

/// <summary>The numbers of a run as JSON lines in the output folder, each written as soon as it is known.</summary>
public sealed class LogFile : ITrainingLog, IDisposable
{
    public const string Name = "log.jsonl";
    readonly StreamWriter writer;

    public LogFile(string folder)
    {
        var path = Path.Combine(folder, Name);
        try
        {
            writer = new StreamWriter(path) { NewLine = "\n", AutoFlush = true };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PureLoraException($"{path}: the log cannot be written ({e.Message.TrimEnd('.')}). Choose another output_dir.", e);
        }
    }

    public void Started(int totalSteps, long trainableParameters) =>
        Write(new() { ["total_steps"] = totalSteps, ["trainable_parameters"] = trainableParameters });

    public void Stepped(StepReport report, bool logged)
    {
        if (logged)
            Write(new()
            {
                ["step"] = report.Step,
                ["epoch"] = Math.Round(report.Epoch, 4),
                ["loss"] = report.Loss,
                ["learning_rate"] = report.LearningRate,
                ["grad_norm"] = report.GradNorm,
                ["tokens_per_second"] = Math.Round(report.TokensPerSecond, 1),
                ["peak_bytes"] = report.PeakBytes,
            });
    }

    public void Evaluated(int step, double loss) => Write(new() { ["step"] = step, ["eval_loss"] = loss });

    void Write(Dictionary<string, object> values) => writer.WriteLine(JsonSerializer.Serialize(values));

    public void Dispose() => writer.Dispose();
}

/// <summary>Tells several watchers.</summary>
public sealed class TrainingLogs(params ITrainingLog[] logs) : ITrainingLog
{
    public void Started(int totalSteps, long trainableParameters) => Array.ForEach(logs, log => log.Started(totalSteps, trainableParameters));

    public void Stepped(StepReport report, bool logged) => Array.ForEach(logs, log => log.Stepped(report, logged));

    public void Evaluated(int step, double loss) => Array.ForEach(logs, log => log.Evaluated(step, loss));
}
