using PureLora.Kernels;

namespace PureLora;

public static class CrossEntropyOp
{
    /// <summary>Rows of x that one product with the head takes at once, and what names them.</summary>
    sealed record Chunk(int Offset, IntBuffer Rows, DropoutKeys? Dropout);

    /// <summary>
    /// The losses [n, 1] of n trained tokens: loss_i = log(sum_c e^l_c) - l[targets_i] with the logits
    /// l = head(x[rows_i]) over the vocabulary; a target of -100 gives 0 and no gradient. At most
    /// <paramref name="chunk"/> rows of logits exist at once: the backward pass computes them again, chunk by chunk in
    /// ascending order, so a trained head's gradient is one chain over the tokens whatever the chunk. With a
    /// <paramref name="seed"/> it need not: each chunk goes through the head and back at once. On the host a target
    /// outside of the vocabulary is a <see cref="PureLoraException"/>; on a GPU its loss is NaN.
    /// </summary>
    /// <param name="tape">The tape.</param>
    /// <param name="x">Hidden states [tokens, width].</param>
    /// <param name="rows">n rows of x, those with a label; alive until the backward pass, as are the targets.</param>
    /// <param name="targets">n token ids.</param>
    /// <param name="head">
    /// Hidden states [m, width] to logits [m, vocabulary], row by row, on the tape it is given. Its last op must not need the
    /// logits in the backward pass: their gradient takes their place.
    /// </param>
    /// <param name="chunk">1 or more.</param>
    /// <param name="seed">
    /// What <see cref="Tape.Backward(Tensor, float)"/> will be called with on this very result, if that is known; no other
    /// walk is possible then.
    /// </param>
    public static Tensor CrossEntropy(
        this Tape tape, Tensor x, IntBuffer rows, IntBuffer targets, Func<Tape, Tensor, Tensor> head, int chunk, float? seed = null)
    {
        if (rows.Length != targets.Length)
            throw new ArgumentException($"CrossEntropy: targets has {targets.Length} elements, but rows needs {rows.Length}.");
        ArgumentOutOfRangeException.ThrowIfLessThan(chunk, 1);
        // Where a block is computed again, its walk begins with the gradient that came to it.
        seed = tape.IsInner ? null : seed;
        var n = checked((int)rows.Length);
        var stats = tape.Keep<float>(2L * n);
        var chunks = new List<Chunk>();
        Tensor? losses = null;
        for (var offset = 0; offset < n; offset += chunk)
        {
            // Full parts and a rest: with parts of one size, fewer trained tokens could need more memory.
            var part = Cut(tape, rows, offset, Math.Min(chunk, n - offset));
            chunks.Add(part);
            using var inner = Open(tape, part, records: tape.Records && seed is not null);
            var logits = head(inner, inner.Embedding(x, part.Rows));
            losses ??= tape.Make(n, 1, x.NeedsGrad || logits.NeedsGrad);
            Kernels.CrossEntropy.Forward(tape.Device, logits.Data, logits.Columns, targets, offset, losses.Data, stats);
            if (inner.Records && logits.NeedsGrad)
            {
                if (!losses.HasGradient)
                    losses.Gradient.Fill(seed!.Value);
                Back(inner, part, logits);
            }
        }
        losses ??= tape.Make(0, 1, x.NeedsGrad);
        if (seed is { } known && tape.Records)
            tape.Seeded = (losses, known);
        return tape.Record(losses, () =>
        {
            if (seed is not null)
                return;
            foreach (var part in chunks)
            {
                using var inner = Open(tape, part, records: true);
                Back(inner, part, head(inner, inner.Embedding(x, part.Rows)));
            }
        });

        void Back(Tape inner, Chunk part, Tensor logits)
        {
            Kernels.CrossEntropy.Backward(tape.Device, logits.Data, logits.Columns, targets, part.Offset, losses.Gradient, stats, logits.GradientInPlace(), add: false);
            inner.Walk();
        }
    }

    /// <summary>
    /// The losses [n, 1] of logits [n, vocabulary] that are there already: loss_i = log(sum_c e^l[i,c]) - l[i, targets_i],
    /// targets as above. The other form holds few rows of logits at a time.
    /// </summary>
    public static Tensor CrossEntropy(this Tape tape, Tensor logits, IntBuffer targets)
    {
        if (targets.Length != logits.Rows)
            throw new ArgumentException($"CrossEntropy: targets has {targets.Length} elements, but logits {logits.Shape} needs {logits.Rows}.");
        var losses = tape.Make(logits.Rows, 1, logits.NeedsGrad);
        var stats = tape.Keep<float>(2L * logits.Rows);
        Kernels.CrossEntropy.Forward(tape.Device, logits.Data, logits.Columns, targets, 0, losses.Data, stats);
        return tape.Record(losses, () =>
            Kernels.CrossEntropy.Backward(tape.Device, logits.Data, logits.Columns, targets, 0, losses.Gradient, stats, logits.Gradient, add: true));
    }

    /// <summary>The rows of one chunk, with the dropout keys of just these rows for a head that drops.</summary>
    static Chunk Cut(Tape tape, IntBuffer rows, int offset, int count)
    {
        var picked = tape.Keep<int>(count);
        IntRows.Slice(tape.Device, rows, offset, picked);
        return new Chunk(offset, picked, tape.KeysOf(picked));
    }

    static Tape Open(Tape tape, Chunk part, bool records) => new(tape.Device, records) { Decodes = tape.Decodes, Dropout = part.Dropout };
}
