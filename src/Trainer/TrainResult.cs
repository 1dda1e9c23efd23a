namespace PureLora;

/// <summary>What a finished run came to.</summary>
/// <param name="EvalLossBefore">Mean loss of a trained token of the evaluation set before the first step; null without a set.</param>
/// <param name="EvalLoss">The same after the last step.</param>
/// <param name="Steps">Optimizer steps.</param>
/// <param name="Seconds">Of the whole loop, evaluation with it.</param>
/// <param name="TokensPerSecond">Tokens in the batches, padding with them, per second of training steps.</param>
/// <param name="PeakBytes">The most memory that the device held.</param>
/// <param name="TrainableParameters">Numbers that were trained.</param>
/// <param name="RunHash">Of every loss and of the trained parameters: the same run gives the same hash.</param>
public sealed record TrainResult(
    double? EvalLossBefore, double? EvalLoss, int Steps, double Seconds, double TokensPerSecond, long PeakBytes, long TrainableParameters, string RunHash);

/// <summary>One optimizer step.</summary>
/// <param name="Step">Counted from 1.</param>
/// <param name="Epoch">Passes over the examples so far.</param>
/// <param name="Loss">Mean loss of a trained token of the effective batch.</param>
/// <param name="LearningRate">In force in this step.</param>
/// <param name="GradNorm">Global norm before clipping.</param>
/// <param name="TokensPerSecond">Tokens in the batch, padding with them, per second.</param>
/// <param name="PeakBytes">The most memory that the device has held so far.</param>
public sealed record StepReport(int Step, double Epoch, double Loss, double LearningRate, double GradNorm, double TokensPerSecond, long PeakBytes);

/// <summary>Who watches a run: the log file, the terminal.</summary>
public interface ITrainingLog
{
    void Started(int totalSteps, long trainableParameters);

    /// <summary>After every step; <paramref name="logged"/> when <c>logging_steps</c> asks for a line.</summary>
    void Stepped(StepReport report, bool logged);

    void Evaluated(int step, double loss);
}
