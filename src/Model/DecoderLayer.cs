using PureLora.Kernels;

namespace PureLora;

/// <summary>
/// One block: x + o(attention(rotary(q(h)), rotary(k(h)), v(h))) with h = norm(x), then x + down(silu(gate(h)) · up(h)).
/// </summary>
sealed class DecoderLayer : IDisposable
{
    readonly Tensor attentionNorm, mlpNorm;
    ILinear query, key, value, output, gate, up, down;

    public DecoderLayer(string name, ModelConfig config, WeightLoader weights)
    {
        var (c, f) = (config.HiddenSize, config.IntermediateSize);
        var (q, kv) = (config.Heads * config.HeadSize, config.KeyHeads * config.HeadSize);
        attentionNorm = weights.Vector($"{name}.input_layernorm.weight", c, 1f);
        query = weights.Linear($"{name}.self_attn.q_proj", q, c, config.AttentionBias);
        key = weights.Linear($"{name}.self_attn.k_proj", kv, c, config.AttentionBias);
        value = weights.Linear($"{name}.self_attn.v_proj", kv, c, config.AttentionBias);
        output = weights.Linear($"{name}.self_attn.o_proj", c, q, config.AttentionBias);
        mlpNorm = weights.Vector($"{name}.post_attention_layernorm.weight", c, 1f);
        gate = weights.Linear($"{name}.mlp.gate_proj", f, c, config.MlpBias);
        up = weights.Linear($"{name}.mlp.up_proj", f, c, config.MlpBias);
        down = weights.Linear($"{name}.mlp.down_proj", c, f, config.MlpBias);
    }

    public Tensor Forward(Tape tape, Tensor x, ModelConfig config, TokenBatch batch, RotaryTable rotary, LayerCache? cache)
    {
        var epsilon = (float)config.NormEpsilon;
        var h = tape.RmsNorm(x, attentionNorm, epsilon);                                                // [B·T, C]
        var q = tape.Rotary(query.Forward(tape, h), batch.Positions, rotary.Cos, rotary.Sin, config.HeadSize); // [B·T, H·D]
        var k = tape.Rotary(key.Forward(tape, h), batch.Positions, rotary.Cos, rotary.Sin, config.HeadSize);   // [B·T, KeyHeads·D]
        var v = value.Forward(tape, h);
        var shape = new AttentionShape(batch.Sequences, batch.Length, config.Heads, config.KeyHeads, config.HeadSize);
        var attended = cache is null ? tape.Attention(q, k, v, batch.Starts, shape) : cache.Attend(tape, q, k, v, batch, shape);
        x = tape.AddScaled(x, output.Forward(tape, attended));
        h = tape.RmsNorm(x, mlpNorm, epsilon);
        var inner = tape.Activate(Activation.Silu, gate.Forward(tape, h), up.Forward(tape, h));     // [B·T, F]
        return tape.AddScaled(x, down.Forward(tape, inner));
    }

    /// <summary>Replaces each linear by <paramref name="wrap"/>(linear), in the order of the forward pass.</summary>
    public void Wrap(Func<ILinear, ILinear> wrap)
    {
        (query, key, value, output) = (wrap(query), wrap(key), wrap(value), wrap(output));
        (gate, up, down) = (wrap(gate), wrap(up), wrap(down));
    }

    public void Dispose()
    {
        attentionNorm.Dispose();
        mlpNorm.Dispose();
        Wrap(linear =>
        {
            linear.Dispose();
            return linear;
        });
    }
}
