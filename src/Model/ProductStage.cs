namespace PureLora;

/// <summary>Linears that read one tensor; a model's, in the order of the forward pass, are what a step multiplies.</summary>
/// <param name="Linears">One or more.</param>
/// <param name="Share">Of the tokens that goes through them, where experts are spread evenly.</param>
/// <param name="Attends">The layer whose attention reads their results; null for none.</param>
/// <param name="IsHead">Whether only trained tokens go through it.</param>
sealed record ProductStage(IReadOnlyList<ILinear> Linears, double Share = 1, LayerConfig? Attends = null, bool IsHead = false);
