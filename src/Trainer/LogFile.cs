using System.Text.Json;

namespace PureLora;

/// <summary>The numbers of a run as JSON lines in the output folder, each written as soon as it is known.</summary>
public sealed class LogFile : ITrainingLog, IDisposable
{
    public const string Name = "log.jsonl";
    readonly string path;
    readonly FileStream file;

    public LogFile(string folder)
    {
        path = Path.Combine(folder, Name);
        try
        {
            // Unbuffered: a line that a full disk refuses must not come again when the file is closed.
            file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Refuse(e);
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

    void Write(Dictionary<string, object> values)
    {
        try
        {
            file.Write([.. JsonSerializer.SerializeToUtf8Bytes(values), (byte)'\n']);
        }
        catch (IOException e)
        {
            throw Refuse(e);
        }
    }

    PureLoraException Refuse(Exception e) => new($"{path}: the log cannot be written ({e.Message.TrimEnd('.')}). Free some space, or choose another output_dir.", e);

    public void Dispose() => file.Dispose();
}

/// <summary>Tells several watchers.</summary>
public sealed class TrainingLogs(params ITrainingLog[] logs) : ITrainingLog
{
    public void Started(int totalSteps, long trainableParameters) => Array.ForEach(logs, log => log.Started(totalSteps, trainableParameters));

    public void Stepped(StepReport report, bool logged) => Array.ForEach(logs, log => log.Stepped(report, logged));

    public void Evaluated(int step, double loss) => Array.ForEach(logs, log => log.Evaluated(step, loss));
}
