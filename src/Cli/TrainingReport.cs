using System.Globalization;

namespace PureLora;

/// <summary>A run on the terminal: a line whenever <c>logging_steps</c> asks for one, and the bar.</summary>
sealed class TrainingReport(Report report, Action<long, string> bar) : ITrainingLog
{
    /// <summary>The bar counts thousandths, since it is drawn before the number of steps is known.</summary>
    public const int BarLength = 1000;

    int total;

    public void Started(int totalSteps, long trainableParameters) => total = totalSteps;

    public void Stepped(StepReport step, bool logged)
    {
        if (logged)
            report.Line(Line(step, total));
        bar((long)step.Step * BarLength / total, $"loss {step.Loss:F3}");
    }

    public void Evaluated(int step, double loss) => report.Line($"eval {step,5}/{total}  loss {loss:F4}");

    /// <summary>At most 80 columns in any ordinary run, so that no terminal wraps it.</summary>
    internal static string Line(StepReport step, int total) => string.Create(CultureInfo.InvariantCulture,
        $"step {step.Step,5}/{total}  epoch {step.Epoch:F2}  loss {step.Loss:F4}  lr {Rate(step.LearningRate)}  norm {step.GradNorm:G3}  {step.TokensPerSecond:F0} tok/s");

    /// <summary>5.0e-3: two digits, and an exponent without zeros before it.</summary>
    static string Rate(double rate) => rate == 0 ? "0" : rate.ToString("0.0e-0", CultureInfo.InvariantCulture);
}
