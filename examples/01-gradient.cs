#:project ../src/Autograd/Autograd.csproj
// A tape and a slope.   dotnet run examples/01-gradient.cs
//
// Training a model is one question asked again and again: if this number were a little larger, how would the result
// change? The answer is a slope, the gradient. This program asks for it in two ways. They must agree.
using PureLora;

using var device = Device.Open("cpu");

// The function: f(x) = x·silu(x) - x/2, with silu(x) = x / (1 + e^-x). Each call on the tape computes at once and
// writes down how to go back: "whatever slope reaches my result, I add this much of it into my inputs".
static Tensor F(Tape tape, Tensor x)
{
    var product = tape.Activate(Activation.Silu, x, x);  // silu(x)·x: x goes in twice
    return tape.AddScaled(product, x, -0.5f);            // - 0.5·x: and a third time
}

// A value alone needs nothing written down: records is false.
float Value(float at)
{
    using var tape = new Tape(device, records: false);
    return F(tape, tape.Input(1, 1, [at])).Data.ToArray()[0];
}

// Way 1, the tape: one walk forward, one walk back. Slopes from the three places where x went in add up.
float SlopeByTape(float at)
{
    using var x = new Parameter(device, "x", 1, 1, [at]);
    using var tape = new Tape(device);
    tape.Backward(F(tape, x));
    return x.Gradient.ToArray()[0];
}

// Way 2, by trying: step a little to both sides. It is right for any function, but costs two evaluations a number,
// and a model has millions of numbers. It is how the tests check every op in this library.
float SlopeByTrying(float at, float h = 0.01f) => (Value(at + h) - Value(at - h)) / (2 * h);

Console.WriteLine("f(x) = x*silu(x) - x/2\n");
Console.WriteLine("      x      f(x)   slope by tape   slope by trying   difference");
float worst = 0;
foreach (float at in (float[])[-3, -2, -1, -0.5f, 0, 0.5f, 1, 2, 3])
{
    var (tried, taped) = (SlopeByTrying(at), SlopeByTape(at));
    worst = Math.Max(worst, Math.Abs(tried - taped));
    Console.WriteLine($"{at,7:F2} {Value(at),9:F4} {taped,15:F5} {tried,17:F5} {Math.Abs(tried - taped),12:F5}");
}
Console.WriteLine($"\nThey differ by {worst:F5} at most: the step of 0.01 is not infinitely small, and f32 rounds.");

// What a slope is for: step against it, and the result falls. This loop is all of training, with one number to train.
Console.WriteLine("\nGoing downhill from x = 2, each step 0.3 times the slope:\n");
float position = 2;
for (int step = 0; step <= 12; step++)
{
    float slope = SlopeByTape(position);
    if (step % 2 == 0)
        Console.WriteLine($"  step {step,2}   x {position,7:F4}   f(x) {Value(position),7:F4}   slope {slope,7:F4}");
    position -= 0.3f * slope;
}
Console.WriteLine("\nWhere the slope is zero, no small step helps: the bottom of this valley.");

// One walk back gives the slope of every number at once. Here y = x·Wᵀ has six weights, and nobody tried any of them.
using var w = new Parameter(device, "W", 2, 3, [1, 2, 3, 4, 5, 6]);
using (var tape = new Tape(device))
{
    var x = tape.Input(1, 3, [0.1f, 0.2f, 0.3f]);
    tape.Backward(tape.MatMul(x, w));
}
Console.WriteLine($"\ny = x*W^T with x = (0.1, 0.2, 0.3): d(y1 + y2)/dW = ({string.Join(", ", w.Gradient.ToArray())})");
Console.WriteLine("Each weight's slope is the input it multiplies. Next: examples/02-lora.cs");
return worst < 1e-3f ? 0 : 1;
