namespace PureLora;

/// <summary>
/// Where computation happens: <c>tape.RmsNorm(x, w)</c> makes a tensor, owns it, and records the closure that adds its
/// gradient into its inputs; <see cref="Backward(Tensor, float)"/> walks those closures back (reverse-mode automatic
/// differentiation). Whatever was made on a tape goes back to the device with it, or, in the backward walk, as soon as
/// the walk has passed the op that made it.
/// </summary>
public sealed class Tape : IDisposable
{
    readonly List<IDisposable> owned = [];
    readonly List<(Tensor Result, Action Backward, int FirstOwned)> steps = [];
    int unrecorded;
    readonly PackedSide left, input;

    /// <param name="device">Where the tensors live.</param>
    /// <param name="records">False for inference: nothing is kept for a backward walk.</param>
    public Tape(Device device, bool records = true)
    {
        Device = device;
        Records = records;
        (left, input) = (new PackedSide(device), new PackedSide(device));
    }

    public Device Device { get; }

    public bool Records { get; }

    /// <summary>
    /// True when each row is the newest token of its own sequence: products then take the kernel for few rows, whose
    /// results do not depend on how many there are.
    /// </summary>
    public bool Decodes { get; init; }

    /// <summary>
    /// True when a block is computed again for its backward walk: what nobody reads, such as its last product, is not.
    /// </summary>
    internal bool Recomputes { get; init; }

    /// <summary>What a dropout mask of this pass is drawn from; null when nothing is dropped.</summary>
    public DropoutKeys? Dropout { get; internal set; }

    /// <summary>Losses whose gradient an op has passed on already, and the seed it did that with: the walk must begin with them.</summary>
    internal (Tensor Losses, float Seed)? Seeded { get; set; }

    /// <summary>Whether this is the tape of a checkpointed block.</summary>
    internal bool IsInner { get; private init; }

    /// <summary>An input: a tensor filled from <paramref name="values"/>, owned by the tape.</summary>
    public Tensor Input(int rows, int columns, ReadOnlySpan<float> values, bool needsGrad = false)
    {
        var tensor = Make(rows, columns, needsGrad);
        tensor.Data.CopyFrom(values);
        return tensor;
    }

    /// <summary>Called by an op: a tensor for its result. Its content is undefined.</summary>
    internal Tensor Make(int rows, int columns, bool needsGrad) => Own(new Tensor(Device, rows, columns, needsGrad));

    /// <summary>Called by an op whose backward step needs none of its result's values: computes them, at once or when they are read.</summary>
    internal void Compute(Tensor result, Action compute)
    {
        if (Recomputes)
            result.PutOff(compute);
        else
            compute();
    }

    /// <summary>Called by an op: a buffer kept for its backward step.</summary>
    internal Buffer<T> Keep<T>(long length) where T : unmanaged => Own(Device.Rent<T>(length));

    /// <summary>
    /// Called around what concerns only some rows of a pass, as an expert's do: its row i is row rows[i], whose dropout mask it
    /// then draws.
    /// </summary>
    internal T OnRows<T>(IntBuffer rows, Func<T> compute)
    {
        var all = Dropout;
        Dropout = KeysOf(rows);
        try
        {
            return compute();
        }
        finally
        {
            Dropout = all;
        }
    }

    /// <summary>The dropout keys of some rows; null when nothing is dropped.</summary>
    internal DropoutKeys? KeysOf(IntBuffer rows)
    {
        if (Dropout is not { } keys)
            return null;
        var (examples, positions) = (Keep<int>(rows.Length), Keep<int>(rows.Length));
        Kernels.IntRows.Pick(Device, keys.Examples, rows, examples);
        Kernels.IntRows.Pick(Device, keys.Positions, rows, positions);
        return keys with { Examples = examples, Positions = positions };
    }

    T Own<T>(T item) where T : IDisposable
    {
        owned.Add(item);
        return item;
    }

    /// <summary>
    /// Called by a product for its left side, as <see cref="Kernels.MatMul.Pack"/> makes it: packed once for products that
    /// follow each other, as query, key and value do, the factors of a LoRA among them, and again in the backward walk.
    /// </summary>
    internal FloatBuffer? Packed(FloatBuffer values, int rows) => Kernels.MatMul.IsShareable(Device, values, rows) ? left.Of(values, rows) : null;

    /// <summary>
    /// The same for what a product read, beside the packed gradient of its result: weights of products of one tensor share it.
    /// </summary>
    internal FloatBuffer PackedInput(FloatBuffer values, int rows) => input.Of(values, rows);

    /// <summary>
    /// Called by an op once its result is computed: <paramref name="backward"/> adds into the gradients of the inputs
    /// that need one. It is skipped when no gradient reached <paramref name="result"/>.
    /// </summary>
    internal Tensor Record(Tensor result, Action backward)
    {
        if (!Records || !result.NeedsGrad)
            return result;
        steps.Add((result, backward, unrecorded));
        unrecorded = owned.Count;
        return result;
    }

    /// <summary>Fills the gradient of <paramref name="result"/> with <paramref name="seed"/> and walks back.</summary>
    public void Backward(Tensor result, float seed = 1f)
    {
        if (Records && !steps.Exists(step => ReferenceEquals(step.Result, result)))
            throw new InvalidOperationException($"Backward: nothing that leads to the result {result.Shape} is recorded, but a walk needs it. Walk each result once, and compute it from a parameter.");
        if (Seeded is { } begun && (!ReferenceEquals(begun.Losses, result) || begun.Seed != seed))
            throw new InvalidOperationException($"Backward: losses were made for a walk from them with the seed {begun.Seed}, but it begins {(ReferenceEquals(begun.Losses, result) ? "" : "elsewhere, ")}with {seed}. Leave the seed of the losses out, or walk from them with it.");
        Seeded = null;
        result.Gradient.Fill(seed);
        Walk(result);
    }

    /// <summary>Walks back from gradients that are already in place; <paramref name="keep"/> stays readable.</summary>
    internal void Walk(Tensor? keep = null)
    {
        if (!Records)
            throw new InvalidOperationException("This tape recorded nothing: make it with records: true.");
        for (var i = steps.Count - 1; i >= 0; i--)
        {
            var (result, backward, firstOwned) = steps[i];
            if (result.HasGradient)
                backward();
            Free(firstOwned, keep);
        }
        steps.Clear();
        unrecorded = 0;
    }

    /// <summary>
    /// block(x), keeping only x and the result: the backward walk computes the block again (gradient checkpointing,
    /// Chen et al., arXiv 1604.06174). The block must use no tensor of this tape but x. The result needs a gradient
    /// when x does or when the block touched a parameter.
    /// </summary>
    public Tensor Checkpoint(Tensor x, Func<Tape, Tensor, Tensor> block)
    {
        Tensor result;
        using (var first = Inner(records: false))
            result = Own(first.Release(block(first, x)));
        return Record(result, () =>
        {
            using var again = Inner(records: true, recomputes: true);
            var recomputed = block(again, x);
            recomputed.TakeGradientOf(result);
            again.Walk();
        });
    }

    /// <summary>A tape for a part of this pass.</summary>
    Tape Inner(bool records, bool recomputes = false) => new(Device, records) { Decodes = Decodes, Dropout = Dropout, IsInner = true, Recomputes = recomputes };

    /// <summary>Gives up <paramref name="tensor"/>: the caller owns it from now on.</summary>
    internal Tensor Release(Tensor tensor)
    {
        if (!owned.Remove(tensor))
            throw new InvalidOperationException("A checkpointed block must return a tensor that it made.");
        return tensor;
    }

    void Free(int first, Tensor? keep = null)
    {
        var kept = false;
        for (var i = owned.Count - 1; i >= first; i--)
            if (ReferenceEquals(owned[i], keep))
                kept = true;
            else
                owned[i].Dispose();
        owned.RemoveRange(first, owned.Count - first);
        if (kept)
            owned.Add(keep!);
    }

    public void Dispose()
    {
        left.Dispose();
        input.Dispose();
        steps.Clear();
        Free(0);
    }
}
