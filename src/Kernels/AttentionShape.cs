namespace PureLora;

/// <summary>
/// The sizes of an attention: queries are [Batch·Length, Heads·HeadSize], keys and values
/// [Batch·Length, KeyHeads·HeadSize]. Query head h reads key head h / (Heads / KeyHeads) (grouped-query attention,
/// arXiv 2305.13245).
/// </summary>
/// <param name="Batch">B, rows of the batch; with a cache, sequences.</param>
/// <param name="Length">T, tokens in a row of the batch; with a cache, tokens that it has room for.</param>
/// <param name="Heads">H, query heads, a multiple of <paramref name="KeyHeads"/>.</param>
/// <param name="KeyHeads">Heads of keys and values.</param>
/// <param name="HeadSize">D, features of a head.</param>
public readonly record struct AttentionShape(int Batch, int Length, int Heads, int KeyHeads, int HeadSize)
{
    /// <summary>B·T.</summary>
    public int Rows => Batch * Length;

    /// <summary>H·D, columns of queries and of the result.</summary>
    public int QueryColumns => Heads * HeadSize;

    /// <summary>Columns of keys and values.</summary>
    public int KeyColumns => KeyHeads * HeadSize;

    readonly float scale;

    /// <summary>Tokens that a query sees at most, its own and those just before it (sliding window, arXiv 2310.06825); 0 for all.</summary>
    public int Window { get; init; }

    /// <summary>c of s -> c·tanh(s / c), which every scaled score goes through (Gemma 2, arXiv 2408.00118); 0 for none.</summary>
    public float SoftCap { get; init; }

    /// <summary>What scores are scaled by; 1/√D where nothing else is set.</summary>
    public float Scale
    {
        get => scale == 0 ? (float)(1 / Math.Sqrt(HeadSize)) : scale;
        init => scale = value;
    }

    internal int Group => Heads / KeyHeads;

    /// <summary>Throws an <see cref="ArgumentException"/> when the sizes make no attention.</summary>
    internal void Check(string op)
    {
        if (Batch < 1 || Length < 1 || Heads < 1 || KeyHeads < 1 || HeadSize < 1)
            throw new ArgumentException($"{op}: shape is {this}, but an attention needs sizes of 1 or more.");
        if ((long)Batch * Length > int.MaxValue || (long)Heads * HeadSize > int.MaxValue)
            throw new ArgumentException($"{op}: shape is {this}, but an attention needs at most {int.MaxValue} rows and columns.");
        if (Heads % KeyHeads != 0)
            throw new ArgumentException($"{op}: Heads is {Heads}, but KeyHeads {KeyHeads} needs a multiple of it.");
        if (Window < 0 || !(SoftCap >= 0) || !float.IsFinite(SoftCap) || !float.IsFinite(Scale))
            throw new ArgumentException($"{op}: Window is {Window}, SoftCap {SoftCap} and Scale {Scale}, but an attention needs finite numbers, the first two not negative.");
    }
}
