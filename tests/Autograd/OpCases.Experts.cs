namespace PureLora.Tests;

public static partial class OpCases
{
    static readonly OpCase[] experts =
    [
        Route(5, 7, 3, normalized: true),
        Route(5, 7, 3, normalized: false),
        Route(3, 37, 8, normalized: false), // more experts than lanes
        Route(4, 3, 3, normalized: true), // every expert
        Route(4, 5, 1, normalized: false),
        Mixed(5, 7, 3, normalized: true),
        Mixed(40, 3, 2, normalized: true), // more rows than a group has
        Mixed(2, 3, 2, normalized: true, columns: 300), // rows of many threads
        Mixed(5, 7, 2, normalized: false),
        Mixed(1, 9, 2, normalized: true), // most experts have no row
    ];

    static OpCase Route(int rows, int experts, int k, bool normalized) => new("Route", [(rows, experts)],
        (tape, x) => tape.Route(tape.Scale(x[0], 3f), k, normalized).Weights,
        x => [.. x[0].Select(l => 3 * l).Chunk(experts).SelectMany(row => Chosen(row, k, normalized).Select(choice => choice.Weight))]);

    static OpCase Mixed(int rows, int experts, int k, bool normalized, int columns = 19) => new("ScatterAdd", [(rows, experts), (rows, columns)],
        (tape, x) => Mix(tape, x[0], x[1], k, normalized),
        x => [.. x[0].Chunk(experts).Zip(x[1].Chunk(columns), (logits, row) => row.Select(value =>
            Chosen(logits, k, normalized).Sum(choice => choice.Weight * (1 + choice.Expert) * value))).SelectMany(row => row)]);

    /// <summary>Experts of which number e multiplies its rows by 1 + e.</summary>
    internal static Tensor Mix(Tape tape, Tensor logits, Tensor x, int k, bool normalized)
    {
        var routing = tape.Route(logits, k, normalized);
        Tensor? y = null;
        foreach (var part in routing.Parts)
            y = tape.ScatterAdd(y, tape.Scale(tape.Embedding(x, part.Rows), 1 + part.Expert), routing.Weights, part.Slots);
        return y!;
    }

    static (int Expert, double Weight)[] Chosen(double[] logits, int k, bool normalized)
    {
        var order = Enumerable.Range(0, logits.Length).OrderByDescending(e => logits[e]).ThenBy(e => e).Take(k).ToArray();
        var sum = normalized ? order.Sum(e => Math.Exp(logits[e])) : logits.Sum(Math.Exp);
        return [.. order.Select(e => (e, Math.Exp(logits[e]) / sum))];
    }
}
