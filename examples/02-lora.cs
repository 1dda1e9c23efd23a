#:project ../src/Model/Model.csproj
// LoRA from the inside.   dotnet run examples/02-lora.cs
//
// One layer y = x·Wᵀ is frozen. Somewhere out there is the layer we would like to have: W plus a change that is large
// in only three directions. LoRA learns a change of the form s·B·A, where A has few rows: the rank.
using PureLora;

const int inputs = 16, outputs = 24, steps = 100;
const float learningRate = 0.02f;
float[] strengths = [4, 2, 1]; // the singular values of the change we plant: how strong it is in each direction
using var device = Device.Open("cpu");

// Cosine waves are orthogonal, so each planted direction is exactly as strong as its number says.
static double Wave(int n, int i, int size) => Math.Sqrt(2.0 / size) * Math.Cos(Math.PI * n * (i + 0.5) / size);
var frozen = new float[outputs * inputs];
var wanted = new float[outputs * inputs];
for (int o = 0; o < outputs; o++)
    for (int i = 0; i < inputs; i++)
    {
        frozen[o * inputs + i] = (float)Math.Sin(1 + o * 7 + i * 3);
        double change = Enumerable.Range(0, strengths.Length).Sum(n => strengths[n] * Wave(n + 1, o, outputs) * Wave(n + 2, i, inputs));
        wanted[o * inputs + i] = frozen[o * inputs + i] + (float)change;
    }

LoraLinear Layer(int rank)
{
    // A starts small and uneven, B at zero: B·A is zero, so the fresh adapter changes nothing.
    float[] a = [.. Enumerable.Range(0, rank * inputs).Select(i => 0.25f * (float)Math.Sin(1 + i * i))];
    return new LoraLinear(
        new Linear("layer", new Tensor(device, outputs, inputs, frozen)), // a Tensor is frozen, a Parameter is trained
        new Parameter(device, "A", rank, inputs, a),
        new Parameter(device, "B", outputs, rank, new float[outputs * rank]),
        scale: 2); // lora_alpha / r
}

// Example i is the input with a one in place i; its answer is column i of the wanted weights. The loss is the squared
// distance from the answers, so over all inputs it is the sum of squares of what the change still lacks.
double Learn(LoraLinear layer)
{
    double loss = 0;
    for (int i = 0; i < inputs; i++)
    {
        using var tape = new Tape(device);
        var x = tape.Input(1, inputs, [.. Enumerable.Range(0, inputs).Select(j => j == i ? 1f : 0f)]);
        var answer = tape.Input(1, outputs, [.. Enumerable.Range(0, outputs).Select(o => wanted[o * inputs + i])]);
        var error = tape.AddScaled(layer.Forward(tape, x), answer, -1);
        var square = tape.MatMul(error, error); // error·errorᵀ, one number
        loss += square.Data.ToArray()[0];
        tape.Backward(square); // adds into the gradients of A and B, and of nothing else
    }
    foreach (var p in (Parameter[])[layer.A, layer.B])
    {
        p.Data.CopyFrom([.. p.Data.ToArray().Zip(p.Gradient.ToArray(), (value, slope) => value - learningRate * slope)]);
        p.ClearGradient();
    }
    return loss;
}

Console.WriteLine($"W has {outputs}x{inputs} = {outputs * inputs} weights, all frozen. The change to learn has singular values 4, 2, 1.\n");
Console.WriteLine("rank   trained   loss at step 0     10     25     50    100   must be left");
bool learned = true;
foreach (int rank in (int[])[1, 2, 3, 4])
{
    using var layer = Layer(rank);
    var losses = Enumerable.Range(0, steps + 1).Select(_ => Learn(layer)).ToArray();
    // No change of rank r comes closer than the one that keeps the r strongest directions (Eckart and Young, 1936).
    double left = strengths.Skip(rank).Sum(s => s * s);
    learned &= Math.Abs(losses[^1] - left) < 0.02;
    Console.WriteLine($"{rank,4} {(inputs + outputs) * rank,9} {losses[0],16:F2} {losses[10],6:F2} {losses[25],6:F2} {losses[50],6:F2} {losses[steps],6:F2} {left,14:F2}");
}
Console.WriteLine("\nStep 0 lacks all of it, 4*4 + 2*2 + 1*1, whatever the rank: a fresh adapter changes nothing.");
Console.WriteLine("Rank 1 leaves 2*2 + 1*1, rank 2 leaves 1*1, rank 3 finds it all, rank 4 has one to spare.");

using var trained = Layer(3);
for (int step = 0; step < steps; step++)
    Learn(trained);
using var after = ((Linear)trained.Inner).Weight.ToF32(device);
bool still = after.ToArray().SequenceEqual(frozen);
Console.WriteLine($"\nThe base after training: {(still ? "the same bits as before" : "IT MOVED")}.");

// Merging adds s·B·A into W. The layer is then a plain one again, with the same answers but for rounding.
using var merged = new Linear("merged", new Tensor(device, outputs, inputs, trained.Merge()));
using var asking = new Tape(device, records: false);
var question = asking.Input(1, inputs, [.. Enumerable.Range(0, inputs).Select(i => (float)Math.Cos(i))]);
var (apart, together) = (trained.Forward(asking, question).Data.ToArray(), merged.Forward(asking, question).Data.ToArray());
float difference = apart.Zip(together, (a, b) => Math.Abs(a - b)).Max();
Console.WriteLine($"Merged and unmerged answers differ by {difference:E1} at most, on answers up to {apart.Max(Math.Abs):F1}.");
return learned && still && difference < 1e-4f ? 0 : 1;
