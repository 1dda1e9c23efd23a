namespace PureLora.Tests;

public static partial class OpCases
{
    static readonly int[] ids = [3, 0, 3, 6, 3], places = [4, 0, 7, 1, 7];

    static readonly OpCase[] rows =
    [
        new("RmsNorm", [(5, 37), (1, 37)], (tape, x) => tape.RmsNorm(x[0], x[1], 0.03f), x => Normalized(x[0], x[1], 0.03f)),
        new("RmsNorm", [(3, 16), (1, 16)], (tape, x) => tape.RmsNorm(x[0], x[1], 1e-5f), x => Normalized(x[0], x[1], 1e-5f)),
        // Each head by itself, around 1.
        new("RmsNorm", [(4, 57), (1, 19)], (tape, x) => tape.RmsNorm(x[0], x[1], 0.03f, offset: 1f), x => Normalized(x[0], [.. x[1].Select(w => 1 + w)], 0.03f)),
        new("RmsNorm", [(3, 64), (1, 16)], (tape, x) => tape.RmsNorm(x[0], x[1], 1e-5f), x => Normalized(x[0], x[1], 1e-5f)),
        new("LayerNorm", [(5, 37), (1, 37), (1, 37)],
            (tape, x) => tape.LayerNorm(x[0], x[1], x[2], 0.03f), x => Standardized(x[0], x[1], x[2], 0.03f)),
        // Rows far from zero, whose mean must be taken away before anything is squared.
        new("LayerNorm", [(3, 16), (1, 16), (1, 16)],
            (tape, x) => tape.LayerNorm(tape.AddBias(x[0], tape.Input(1, 16, [.. Enumerable.Repeat(20f, 16)])), x[1], x[2], 1e-5f), x => Standardized(x[0], x[1], x[2], 1e-5f)),
        new("LayerNorm", [(4, 6), (1, 6)], (tape, x) => tape.LayerNorm(x[0], x[1], null, 1e-5f), x => Standardized(x[0], x[1], new double[6], 1e-5f)),
        new("AddBias", [(5, 37), (1, 37)],
            (tape, x) => tape.AddBias(x[0], x[1]),
            x => [.. x[0].Select((value, i) => value + x[1][i % 37])]),
        // On a GPU: one column; a group that is half full; rows of one, 8, 64 and 256 threads and a rest; slices of rows.
        .. Sizes((5, 1), (70, 31), (37, 65), (3, 257), (2, 1030)),
        // One part of a fused tensor, and of each head's; two parts of the same.
        new("Columns", [(5, 37)], (tape, x) => tape.Columns(x[0], 3, 21), x => [.. x[0].Where((_, i) => i % 37 is >= 3 and < 24)]),
        new("Columns", [(3, 60)], (tape, x) => tape.Columns(x[0], 5, 15, groups: 3), x => [.. x[0].Where((_, i) => i % 20 >= 5)]),
        new("Columns", [(3, 38)],
            (tape, x) => tape.AddScaled(tape.Columns(x[0], 0, 19), tape.Columns(x[0], 17, 19), 2f),
            x => [.. x[0].Chunk(38).SelectMany(row => row[..19].Zip(row[17..36], (a, b) => a + 2 * b))]),
        new("Embedding", [(7, 37)],
            (tape, x) => tape.Embedding(x[0], Keep(tape, ids)),
            x => [.. ids.SelectMany(id => x[0].Skip(id * 37).Take(37))]),
        new("Embedding", [(7, 10), (7, 10)],
            (tape, x) => tape.Embedding(tape.AddScaled(x[0], x[1], 2f), Keep(tape, ids)),
            x => [.. ids.SelectMany(id => x[0].Zip(x[1], (a, b) => a + 2 * b).Skip(id * 10).Take(10))]),
        // Ids that come again far apart, side by side and not at all; rows of more than a group.
        Picked(70, 5, 9), Picked(300, 40, 2), Picked(6, 3, 257), Picked(1, 2, 31),
        new("Rotary", [(5, 30)], (tape, x) => Rotate(tape, x[0], places, 10), x => Rotated(x[0], places, 30, 10)),
        new("Rotary", [(5, 18)], (tape, x) => Rotate(tape, x[0], places, 6), x => Rotated(x[0], places, 18, 6)),
        new("Rotary", [(5, 30)], (tape, x) => Rotate(tape, x[0], places, 10, 4), x => Rotated(x[0], places, 30, 10, 4)),
        new("Rotary", [(5, 92)], (tape, x) => Rotate(tape, x[0], places, 46, 34), x => Rotated(x[0], places, 92, 46, 34)),
        new("Rotary", [(5, 76)], (tape, x) => Rotate(tape, x[0], places, 38), x => Rotated(x[0], places, 76, 38)),
    ];

    static IEnumerable<OpCase> Sizes(params (int T, int C)[] sizes) => sizes.SelectMany(size => new OpCase[]
    {
        new("RmsNorm", [size, (1, size.C)], (tape, x) => tape.RmsNorm(x[0], x[1], 0.03f), x => Normalized(x[0], x[1], 0.03f)),
        new("LayerNorm", [size, (1, size.C), (1, size.C)], (tape, x) => tape.LayerNorm(x[0], x[1], x[2], 0.03f), x => Standardized(x[0], x[1], x[2], 0.03f)),
        new("AddBias", [size, (1, size.C)], (tape, x) => tape.AddBias(x[0], x[1]), x => [.. x[0].Select((value, i) => value + x[1][i % size.C])]),
    });

    static OpCase Picked(int count, int table, int columns)
    {
        int[] picked = [.. Devices.Noise(count, 91).Select(value => (int)((value + 1) / 2 * table))];
        return new("Embedding", [(table, columns)],
            (tape, x) => tape.Embedding(x[0], Keep(tape, picked)), x => [.. picked.SelectMany(id => x[0].Skip(id * columns).Take(columns))]);
    }

    /// <summary>Integers that live as long as the op that reads them next.</summary>
    internal static IntBuffer Keep(Tape tape, int[] values)
    {
        var buffer = tape.Keep<int>(values.Length);
        buffer.CopyFrom(values);
        return buffer;
    }

    /// <summary>Rotary with tables of noise, so that a mistaken index cannot pass for an angle's symmetry.</summary>
    internal static Tensor Rotate(Tape tape, Tensor x, int[] positions, int headSize, int? rotated = null)
    {
        var length = (positions.Max() + 1) * (rotated ?? headSize) / 2;
        FloatBuffer cos = tape.Keep<float>(length), sin = tape.Keep<float>(length);
        cos.CopyFrom(Devices.Noise(length, 71));
        sin.CopyFrom(Devices.Noise(length, 72));
        return tape.Rotary(x, Keep(tape, positions), cos, sin, headSize, rotated);
    }

    static double[] Rotated(double[] x, int[] positions, int columns, int headSize, int? rotated = null)
    {
        var half = (rotated ?? headSize) / 2;
        var length = (positions.Max() + 1) * half;
        float[] cos = Devices.Noise(length, 71), sin = Devices.Noise(length, 72);
        return [.. x.Select((value, i) =>
        {
            var j = i % columns % headSize;
            var angle = positions[i / columns] * half + j % half;
            return j >= 2 * half ? value : value * cos[angle] + (j < half ? -x[i + half] : x[i - half]) * sin[angle];
        })];
    }

    static double[] Standardized(double[] x, double[] w, double[] b, float eps) => [.. x.Chunk(w.Length).SelectMany(row =>
    {
        var mean = row.Average();
        var root = Math.Sqrt(row.Average(value => (value - mean) * (value - mean)) + eps);
        return row.Select((value, i) => (value - mean) / root * w[i] + b[i]);
    })];

    static double[] Normalized(double[] x, double[] w, float eps)
    {
        var roots = x.Chunk(w.Length).Select(row => Math.Sqrt(row.Average(value => value * value) + eps)).ToArray();
        return [.. x.Select((value, i) => value / roots[i / w.Length] * w[i % w.Length])];
    }
}
