namespace PureLora.Tests;

/// <summary>
/// The parts of a decoder in plain doubles, written from their formulas and not from the code that is tested. A matrix is
/// rows of doubles.
/// </summary>
sealed class Plain : IDisposable
{
    readonly SafetensorsFile file;
    readonly Dictionary<string, double[]> read = [];

    public Plain(string folder) => file = SafetensorsFile.Open(Path.Combine(folder, "model.safetensors"));

    /// <summary>How far every weight is moved along its <see cref="Direction"/>.</summary>
    public double Shift { get; init; }

    public static double[] Direction(string name, int length) => [.. Devices.Noise(length, name.Length + name.Sum(c => c)).Select(v => (double)v)];

    public double[] Vector(string name)
    {
        if (!read.TryGetValue(name, out var values))
        {
            var stored = file.ReadFloats(name);
            values = read[name] = [.. stored.Zip(Direction(name, stored.Length), (v, d) => v + Shift * d)];
        }
        return values;
    }

    public double[][] Matrix(string name) => [.. Vector(name).Chunk((int)file.Info(name).Shape[1])];

    /// <summary>x·Wᵀ, with name.bias if there is one.</summary>
    public double[][] Linear(double[][] x, string name)
    {
        var w = Matrix($"{name}.weight");
        var b = file.Tensors.ContainsKey($"{name}.bias") ? Vector($"{name}.bias") : new double[w.Length];
        return Map(x, row => [.. w.Select((r, o) => Dot(r, row) + b[o])]);
    }

    /// <summary>x·W of a Conv1D.</summary>
    public double[][] Conv(double[][] x, string name)
    {
        var (w, b) = (Matrix($"{name}.weight"), Vector($"{name}.bias"));
        return Map(x, row => [.. b.Select((bias, o) => bias + row.Select((v, i) => v * w[i][o]).Sum())]);
    }

    public double[][] Rms(double[][] x, string name, double eps, double offset = 0)
    {
        var w = Vector($"{name}.weight");
        return Map(x, row =>
        {
            var root = Math.Sqrt(row.Select(v => v * v).Average() + eps);
            return [.. row.Select((v, i) => v / root * (w[i] + offset))];
        });
    }

    public double[][] LayerNorm(double[][] x, string name, double eps)
    {
        var (w, b) = (Vector($"{name}.weight"), Vector($"{name}.bias"));
        return Map(x, row =>
        {
            var mean = row.Average();
            var deviation = Math.Sqrt(row.Select(v => (v - mean) * (v - mean)).Average() + eps);
            return [.. row.Select((v, i) => (v - mean) / deviation * w[i] + b[i])];
        });
    }

    public double[][] Rows(string name, IEnumerable<int> ids)
    {
        var table = Matrix($"{name}.weight");
        return [.. ids.Select(id => table[id])];
    }

    /// <summary>Columns [h·size, (h + 1)·size) of each row.</summary>
    public static double[][] Head(double[][] x, int h, int size) => Map(x, row => row[(h * size)..((h + 1) * size)]);

    /// <summary>f of each head, put side by side again.</summary>
    public static double[][] Heads(double[][] x, int size, Func<double[][], double[][]> f)
    {
        var heads = Enumerable.Range(0, x[0].Length / size).Select(h => f(Head(x, h, size))).ToArray();
        return [.. x.Select((_, t) => heads.SelectMany(head => head[t]).ToArray())];
    }

    /// <summary>Turns (x[j], x[j + d/2]) of the first d features of a head by t·theta^(-2j/d), t being the row.</summary>
    public static double[][] Turn(double[][] head, double theta, int? turning = null, double divisor = 1) => [.. head.Select((row, t) =>
    {
        var d = turning ?? row.Length;
        var y = row.ToArray();
        for (var j = 0; j < d / 2; j++)
        {
            var angle = t * Math.Pow(theta, -2.0 * j / d) / divisor;
            y[j] = row[j] * Math.Cos(angle) - row[j + d / 2] * Math.Sin(angle);
            y[j + d / 2] = row[j + d / 2] * Math.Cos(angle) + row[j] * Math.Sin(angle);
        }
        return y;
    })];

    /// <summary>softmax(cap(scale·q·kᵀ))·v over the keys up to the query and within its window.</summary>
    public static double[][] Attend(double[][] q, double[][] k, double[][] v, int size, double scale, int window = int.MaxValue, double cap = 0)
    {
        var (heads, shared) = (q[0].Length / size, q[0].Length / k[0].Length);
        return [.. q.Select((_, t) => Enumerable.Range(0, heads).SelectMany(h =>
        {
            var query = Head(q, h, size)[t];
            var keys = Enumerable.Range(0, t + 1).Where(s => t - s < window).ToArray();
            var scores = keys.Select(s => scale * Dot(query, Head(k, h / shared, size)[s])).Select(s => cap == 0 ? s : cap * Math.Tanh(s / cap)).ToArray();
            var weights = Softmax(scores);
            return Enumerable.Range(0, size).Select(j => keys.Select((s, n) => weights[n] * v[s][h / shared * size + j]).Sum());
        }).ToArray())];
    }

    public static double[] Softmax(double[] x)
    {
        var powers = x.Select(v => Math.Exp(v - x.Max())).ToArray();
        return [.. powers.Select(p => p / powers.Sum())];
    }

    public static double[][] Add(double[][] a, double[][] b, double s = 1) => [.. a.Select((row, t) => row.Select((v, i) => v + s * b[t][i]).ToArray())];

    public static double[][] Times(double[][] a, double[][] b) => [.. a.Select((row, t) => row.Select((v, i) => v * b[t][i]).ToArray())];

    public static double[][] Each(double[][] x, Func<double, double> f) => Map(x, row => [.. row.Select(f)]);

    public static double[][] Map(double[][] x, Func<double[], double[]> f) => [.. x.Select(f)];

    public static double Silu(double x) => x / (1 + Math.Exp(-x));

    public static double GeluTanh(double x) => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));

    /// <summary>x/2·(1 + erf(x/√2)), erf summed as its Taylor series.</summary>
    public static double Gelu(double x)
    {
        var (z, sum) = (x / Math.Sqrt(2), 0.0);
        var term = z;
        for (var n = 0; n < 200; n++)
        {
            sum += term / (2 * n + 1);
            term *= -z * z / (n + 1);
        }
        return 0.5 * x * (1 + 2 / Math.Sqrt(Math.PI) * sum);
    }

    static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();

    public void Dispose() => file.Dispose();
}
