namespace PureLora;

/// <summary>A run that was asked to stop and did; the message goes on from <c>stopped</c>.</summary>
public sealed class StoppedException(string message, CancellationToken token) : OperationCanceledException(message, token);
