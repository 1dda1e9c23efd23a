namespace PureLora;

/// <summary>
/// What the dropout masks of one pass are drawn from, besides the module's name and the feature's index: never the
/// index in a buffer, so the same token gets the same mask in any batch, padded or packed.
/// </summary>
/// <param name="Seed">The run's seed.</param>
/// <param name="Step">The optimizer step, from 0.</param>
/// <param name="Examples">For each row its example's index in the data set.</param>
/// <param name="Positions">For each row its position in its document.</param>
public sealed record DropoutKeys(ulong Seed, int Step, IntBuffer Examples, IntBuffer Positions);
