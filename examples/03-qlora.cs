#:project ../src/Model/Model.csproj
// QLoRA: LoRA over a base of four bits.   dotnet run examples/03-qlora.cs
//
// The layer of example 02 again, larger: W is frozen, and what we would like to have is W plus a change of rank 3. This
// time W is stored in 16, 8 or 4 bits. Nothing else differs: the base is another Weight in the same Linear. What the
// storage lost stays lost, but for the part of it that the adapter has room to give back.
using PureLora;

const int inputs = 64, outputs = 96, rank = 3, steps = 400;
const float learningRate = 0.02f;
float[] strengths = [4, 2, 1];
using var device = Device.Open("cpu");

static double Wave(int n, int i, int size) => Math.Sqrt(2.0 / size) * Math.Cos(Math.PI * n * (i + 0.5) / size);
var frozen = new float[outputs * inputs];
var wanted = new float[outputs * inputs];
for (int o = 0; o < outputs; o++)
    for (int i = 0; i < inputs; i++)
    {
        // Three sines make values that crowd around zero, as trained weights do.
        frozen[o * inputs + i] = 0.04f * (float)(Math.Sin(1 + o * 7 + i * 3) + Math.Sin(o * 1.3 - i * 2.9) + Math.Sin(o * i));
        double change = Enumerable.Range(0, strengths.Length).Sum(n => strengths[n] * Wave(n + 1, o, outputs) * Wave(n + 2, i, inputs));
        wanted[o * inputs + i] = frozen[o * inputs + i] + (float)change;
    }

LoraLinear Layer(Weight weight)
{
    float[] a = [.. Enumerable.Range(0, rank * inputs).Select(i => 0.25f * (float)Math.Sin(1 + i * i))];
    return new LoraLinear(
        new Linear("layer", weight), // the only line that knows how the base is stored
        new Parameter(device, "A", rank, inputs, a),
        new Parameter(device, "B", outputs, rank, new float[outputs * rank]),
        scale: 2);
}

// As in example 02: the loss is the sum of squares of what the layer's weights still lack.
double Learn(LoraLinear layer)
{
    double loss = 0;
    for (int i = 0; i < inputs; i++)
    {
        using var tape = new Tape(device);
        var x = tape.Input(1, inputs, [.. Enumerable.Range(0, inputs).Select(j => j == i ? 1f : 0f)]);
        var answer = tape.Input(1, outputs, [.. Enumerable.Range(0, outputs).Select(o => wanted[o * inputs + i])]);
        var error = tape.AddScaled(layer.Forward(tape, x), answer, -1);
        var square = tape.MatMul(error, error);
        loss += square.Data.ToArray()[0];
        tape.Backward(square);
    }
    foreach (var p in (Parameter[])[layer.A, layer.B])
    {
        p.Data.CopyFrom([.. p.Data.ToArray().Zip(p.Gradient.ToArray(), (value, slope) => value - learningRate * slope)]);
        p.ClearGradient();
    }
    return loss;
}

Console.WriteLine($"W has {outputs}x{inputs} = {outputs * inputs} weights. The change to learn has singular values 4, 2, 1; the adapter has rank {rank}.\n");
Console.WriteLine("base   bits a weight   its error   loss at step 0    100    400");
(string Name, Quantization How)[] bases =
[
    ("F32", new(WeightFormat.F32)), ("INT8", new(WeightFormat.INT8)), ("NF4", new(WeightFormat.NF4)), ("FP4", new(WeightFormat.FP4)),
];
bool learned = true;
foreach (var (name, how) in bases)
{
    using var plain = new Tensor(device, outputs, inputs, frozen);
    var weight = how.IsQuantized ? Weight.Quantize(device, how, outputs, inputs, frozen) : new Linear("plain", plain).Weight;
    using var layer = Layer(weight);
    float[] Base()
    {
        using var values = weight.ToF32(device);
        return values.ToArray();
    }
    var before = Base();
    double lost = before.Zip(frozen, (q, w) => ((double)q - w) * ((double)q - w)).Sum();
    var losses = Enumerable.Range(0, steps + 1).Select(_ => Learn(layer)).ToArray();
    // The adapter finds the planted change, so what is left is at most what the storage lost.
    learned &= losses[^1] <= lost + 0.01 && Base().SequenceEqual(before);
    Console.WriteLine($"{name,-4} {8.0 * weight.Bytes / (outputs * inputs),13:F2} {lost,11:F3} {losses[0],16:F2} {losses[100],6:F3} {losses[steps],6:F3}");
}
Console.WriteLine("\n'its error' is the sum of squares of what rounding took from W, in the unit of the loss. The planted change is");
Console.WriteLine($"found over every base, and what is left at the end is no more than that error. The bases kept their bits: {(learned ? "yes" : "NO")}.");
Console.WriteLine("Eight bits cost next to nothing; of the four-bit formats NF4 loses less on weights that crowd around zero. The bits");
Console.WriteLine("count scales (one a row, or one for 64 weights) and a code book of 64 bytes, which a large matrix does not notice.");
return learned ? 0 : 1;
