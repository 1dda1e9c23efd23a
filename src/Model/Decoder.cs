using PureLora.Kernels;

namespace PureLora;

/// <summary>
/// The transformer decoder, one for every family: embedding, L blocks of attention and MLP on a residual stream, a last
/// norm, and a head. Letters: B sequences, T tokens each, C width, H heads of D, V vocabulary; a tensor of tokens is
/// [B·T, columns].
/// </summary>
public sealed class Decoder : IDisposable
{
    readonly Linear embedding;
    readonly Linear? positions;
    readonly DecoderLayer[] layers;
    readonly Norm finalNorm;
    readonly Dictionary<Rope, RotaryTable> rotary = [];
    ILinear head;

    internal Decoder(Device device, ModelConfig config, WeightLoader weights)
    {
        Device = device;
        Config = config;
        Weights = weights;
        var names = config.Names;
        embedding = weights.Table(names.Embedding, config.VocabularySize, config.HiddenSize);
        positions = names.Positions is { } table ? weights.Table(table, config.MaxPositions, config.HiddenSize) : null;
        // One by one: a config that claims billions of layers fails at the first that is missing.
        var built = new List<DecoderLayer>();
        while (built.Count < config.Layers)
        {
            var layer = config.Layer(built.Count);
            built.Add(new DecoderLayer(names.Layer(built.Count), config, layer, layer.Rope is { } rope ? TableOf(rope) : null, weights));
        }
        layers = [.. built];
        finalNorm = weights.Norm(names.FinalNorm, config.HiddenSize, config.Norm);
        TiedHead = config.TiedHead ?? !weights.Contains($"{names.Head}.weight");
        head = TiedHead ? embedding.Named(names.Head, config.HeadBias ? weights.Bias(names.Head, config.VocabularySize) : null)
            : weights.Table(names.Head, config.VocabularySize, config.HiddenSize, config.HeadBias);
    }

    /// <summary>Layers that turn alike share a table.</summary>
    RotaryTable TableOf(Rope rope) =>
        rotary.TryGetValue(rope, out var known) ? known : rotary[rope] = Weights.Keep(new RotaryTable(Device, rope));

    public Device Device { get; }

    public ModelConfig Config { get; }

    /// <summary>Whether the head is the embedding table.</summary>
    public bool TiedHead { get; }

    /// <summary>
    /// Keep one tensor per layer for the backward pass and compute the rest again (<c>gradient_checkpointing</c>).
    /// The results are the same bits.
    /// </summary>
    public bool Checkpointing { get; set; }

    /// <summary>How its linears are quantized; null when they are not.</summary>
    public QuantizationConfig? Quantization => Weights.Quantization;

    /// <summary>Bytes of its own weights, in memory or in mapped files.</summary>
    public long WeightBytes => Weights.Sizes.Values.Sum(size => size.Rented + size.Mapped);

    /// <summary>Where the weights came from, with the trainable ones.</summary>
    internal WeightLoader Weights { get; }

    /// <summary>The hidden states after the last norm, [B·T, C]: what the head reads.</summary>
    /// <param name="tape">A tape that does not record frees each layer's tensors as it goes.</param>
    /// <param name="batch">The tokens.</param>
    /// <param name="cache">For generation: takes up the new keys and values, and attends to all it holds.</param>
    /// <param name="watch">Is shown the embeddings, then each layer's result, the last one after the norm.</param>
    public Tensor Forward(Tape tape, TokenBatch batch, KeyValueCache? cache = null, Action<Tensor>? watch = null)
    {
        if ((uint)batch.LargestId >= Config.VocabularySize)
            throw new PureLoraException($"model: a token id is {batch.LargestId}, but the vocabulary needs ids below {Config.VocabularySize} and not negative. Use the tokenizer that came with the model.");
        if ((uint)batch.LastPosition >= Config.MaxPositions)
            throw new PureLoraException($"model: a position is {batch.LastPosition}, but the model needs positions below {Config.MaxPositions} and not negative. Shorten the sequences, or correct position_ids.");
        if (cache is not null && tape.Records)
            throw new InvalidOperationException("model: a key-value cache was given on a tape that records, but a cached pass has no gradient. Use a tape with records: false.");
        foreach (var table in rotary.Values)
            table.Cover(batch.LastPosition + 1, held: tape.Records);
        var x = Embed(tape, batch);
        for (var i = 0; i < layers.Length; i++)
        {
            watch?.Invoke(x);
            var (layer, index) = (layers[i], i);
            Tensor Block(Tape inner, Tensor input) => layer.Forward(inner, input, batch, cache?.Layer(index));
            if (tape.Records)
                x = Checkpointing ? tape.Checkpoint(x, Block) : Block(tape, x);
            else
                x = Advance(tape, x, Block);
        }
        x = finalNorm.Forward(tape, x);
        watch?.Invoke(x);
        return x;
    }

    /// <summary>The residual stream before the first layer, [B·T, C].</summary>
    Tensor Embed(Tape tape, TokenBatch batch)
    {
        var x = embedding.Rows(tape, batch.Ids);
        if (Config.EmbeddingScale != 1)
            x = tape.Scale(x, (float)Config.EmbeddingScale);
        return positions is null ? x : tape.AddScaled(x, positions.Rows(tape, batch.Positions));
    }

    /// <summary>Inference needs neither what a layer computed on the way nor, after it, what went in.</summary>
    static Tensor Advance(Tape tape, Tensor x, Func<Tape, Tensor, Tensor> block)
    {
        var result = tape.Checkpoint(x, block);
        tape.Release(x).Dispose();
        return result;
    }

    /// <summary>
    /// Makes room for sequences of so many tokens at once, and takes every later pass for one of at least so many, where
    /// the rotary positions depend on the length.
    /// </summary>
    internal void Reserve(int length)
    {
        foreach (var table in rotary.Values)
            table.Reserve(length);
    }

    /// <summary>Logits [rows, V] of hidden states [rows, C].</summary>
    public Tensor Logits(Tape tape, Tensor hidden)
    {
        if (Config.LogitScale != 1)
            hidden = tape.Scale(hidden, (float)Config.LogitScale);
        var logits = head.Forward(tape, hidden);
        return Config.LogitSoftCap is { } cap ? tape.SoftCap(logits, (float)cap) : logits;
    }

    /// <summary>
    /// The loss of each trained token, [N, 1]: -log softmax(logits of hidden row rows[i])[targets[i]]. The head and the
    /// loss run over a few rows at a time, so [B·T, V] logits are never held; given the <paramref name="seed"/> of the walk
    /// that will follow, they are computed only once.
    /// </summary>
    public Tensor Losses(Tape tape, Tensor hidden, IntBuffer rows, IntBuffer targets, float? seed = null)
    {
        var chunk = (int)Math.Clamp((1L << 24) / Config.VocabularySize, 64, 4096);
        return tape.CrossEntropy(hidden, rows, targets, Logits, chunk, seed);
    }

    /// <summary>
    /// The loss of every token of <paramref name="batch"/>, [B·T, 1], where targets[i] is the id that should follow token
    /// i, or -100 for none, whose loss is 0. Training on the mean over n trained tokens is
    /// <c>tape.Backward(model.Losses(tape, batch, targets), 1f / n)</c>.
    /// </summary>
    public Tensor Losses(Tape tape, TokenBatch batch, IntBuffer targets)
    {
        var rows = tape.Keep<int>(batch.Ids.Length);
        rows.CopyFrom([.. Enumerable.Range(0, checked((int)rows.Length))]);
        return Losses(tape, Forward(tape, batch), rows, targets);
    }

    /// <summary>Every linear that can be adapted, by module name.</summary>
    public IReadOnlyList<ILinear> Linears
    {
        get
        {
            var found = new List<ILinear>();
            Wrap(linear =>
            {
                found.Add(linear);
                return linear;
            });
            return found;
        }
    }

    /// <summary>Numbers in the model's own weights, adapters not counted.</summary>
    public long ParameterCount => Weights.Count;

    /// <summary>The model's own trainable weights, in the order of the forward pass; none when it is frozen.</summary>
    public IReadOnlyList<Parameter> Parameters => Weights.Parameters;

    /// <summary>The shape that a checkpoint gives one of <see cref="Parameters"/>: a vector has one dimension.</summary>
    public long[] ShapeOf(Parameter parameter) => Weights.Shape(parameter.Name);

    /// <summary>Whether a parameter is a norm's or a bias of this model; no part of an adapter is.</summary>
    internal bool IsVector(Parameter parameter) => Weights.IsVector(parameter.Name);

    /// <summary>Values or a gradient of one of <see cref="Parameters"/> in the order in which a checkpoint has them.</summary>
    public float[] InFileOrder(Parameter parameter, float[] values) => Weights.InFileOrder(parameter, values);

    /// <summary>Throws if a mapped file changed since it was opened. Call it before evaluating and before saving.</summary>
    public void CheckUnchanged() => Weights.Checkpoint?.CheckUnchanged();

    /// <summary>Replaces each linear by <paramref name="wrap"/>(linear), which may be the same.</summary>
    public void Wrap(Func<ILinear, ILinear> wrap)
    {
        foreach (var layer in layers)
            layer.Wrap(wrap);
        head = wrap(head);
    }

    /// <summary>The linears again, those that read one tensor together.</summary>
    internal IEnumerable<ProductStage> Stages => [.. layers.SelectMany(layer => layer.Stages), new([head], IsHead: true)];

    public void Dispose()
    {
        foreach (var linear in Linears)
            linear.Dispose();
        Weights.Dispose();
    }
}
