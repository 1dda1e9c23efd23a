namespace PureLora.Tests;

/// <summary>
/// Attention and its gradients in doubles, from the definition, over q, k, v and dy that were rounded to bf16. Delta is made of
/// the device's own o.
/// </summary>
sealed class RoundedAttention
{
    /// <summary>
    /// An element; the sizes of its terms together; and those of their parts, which is more where a term is a difference.
    /// </summary>
    internal record struct Sum(double Value, double Size, double Parts)
    {
        public void Add(double term, double parts) => this = new(Value + term, Size + Math.Abs(term), Parts + parts);
    }

    readonly AttentionShape shape;

    public RoundedAttention(AttentionShape shape, int[] starts, float[][] inputs, float[] o)
    {
        this.shape = shape;
        double[] q = Rounded(inputs[0]), k = Rounded(inputs[1]), v = Rounded(inputs[2]), dy = Rounded(inputs[3]);
        (O, Dq, Dk, Dv) = (new Sum[q.Length], new Sum[q.Length], new Sum[k.Length], new Sum[k.Length]);
        for (var row = 0; row < shape.Rows; row++)
            for (var head = 0; head < shape.Heads; head++)
            {
                var first = Math.Max(row / shape.Length * shape.Length, starts[row]);
                if (shape.Window > 0)
                    first = Math.Max(first, row + 1 - shape.Window);
                var i = row * shape.QueryColumns + head * shape.HeadSize;
                int At(int key) => key * shape.KeyColumns + head / shape.Group * shape.HeadSize;
                var keys = first <= row ? Enumerable.Range(first, row + 1 - first).ToArray() : [];
                double[] scores = [.. keys.Select(key => Capped(shape.Scale * Dot(q, i, k, At(key))))];
                var lse = scores.Length == 0 ? 0 : scores.Max() + Math.Log(scores.Sum(s => Math.Exp(s - scores.Max())));
                var delta = Dot([.. o.Skip(i).Take(shape.HeadSize).Select(x => (double)x)], 0, dy, i);
                foreach (var (key, score) in keys.Zip(scores))
                {
                    double p = Math.Exp(score - lse), dp = Dot(dy, i, v, At(key)), slope = shape.SoftCap == 0 ? 1 : 1 - score * score / (shape.SoftCap * shape.SoftCap);
                    double ds = shape.Scale * slope * p * (dp - delta), parts = shape.Scale * p * (shape.HeadSize + Math.Abs(delta));
                    for (var d = 0; d < shape.HeadSize; d++)
                    {
                        O[i + d].Add(p * v[At(key) + d], p);
                        Dq[i + d].Add(ds * k[At(key) + d], parts);
                        Dk[At(key) + d].Add(ds * q[i + d], parts);
                        Dv[At(key) + d].Add(p * dy[i + d], p);
                    }
                }
            }
    }

    public Sum[] O { get; }

    public Sum[] Dq { get; }

    public Sum[] Dk { get; }

    public Sum[] Dv { get; }

    double Capped(double score) => shape.SoftCap == 0 ? score : shape.SoftCap * Math.Tanh(score / shape.SoftCap);

    double Dot(double[] a, int fromA, double[] b, int fromB)
    {
        var sum = 0.0;
        for (var d = 0; d < shape.HeadSize; d++)
            sum += a[fromA + d] * b[fromB + d];
        return sum;
    }

    static double[] Rounded(float[] values) => [.. values.Select(v => (double)HalfFloats.FromBF16(HalfFloats.ToBF16(v)))];
}
