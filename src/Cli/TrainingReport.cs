using System.Diagnostics;

namespace PureLora;

/// <summary>A run on the terminal: a line whenever <c>logging_steps</c> asks for one, and the bar.</summary>
sealed class TrainingReport(Report report, Action<long, string> bar) : ITrainingLog
{
    /// <summary>The bar counts thousandths, since it is drawn before the number of steps is known.</summary>
    public const int BarLength = 1000;

    readonly Stopwatch clock = Stopwatch.StartNew();
    int total;

    public void Started(int totalSteps, long trainableParameters) => total = totalSteps;

    public void Stepped(StepReport step, bool logged)
    {
        if (logged)
        {
            var left = clock.Elapsed * ((double)(total - step.Step) / step.Step);
            report.Line(
                $"step {step.Step,5}/{total}  epoch {step.Epoch:F2}  loss {step.Loss:F4}  lr {step.LearningRate:E2}  grad norm {step.GradNorm:F3}  " +
                $"{step.TokensPerSecond:N0} tokens/s  peak {Sizes.Text(step.PeakBytes)}  {left:hh\\:mm\\:ss} left");
        }
        bar((long)step.Step * BarLength / total, $"loss {step.Loss:F3}");
    }

    public void Evaluated(int step, double loss) => report.Line($"eval {step,5}/{total}  loss {loss:F4}");
}
