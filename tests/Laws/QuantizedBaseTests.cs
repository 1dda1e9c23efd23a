using PureLora.Kernels;

namespace PureLora.Tests;

/// <summary>QLoRA is a LoRA: over a quantized base it is what it is over the base's decoded weights.</summary>
public sealed class QuantizedBaseTests
{
    const int Rows = 21, Inputs = 75, Outputs = 43, Rank = 5;

    public static TheoryData<WeightFormat, bool> Formats => new()
    {
        { WeightFormat.INT8, false }, { WeightFormat.FP4, false }, { WeightFormat.NF4, false }, { WeightFormat.NF4, true },
    };

    [Theory, Trait("Category", "Determinism"), MemberData(nameof(Formats))]
    public void A_lora_over_a_quantized_base_equals_one_over_its_decoded_weights(WeightFormat format, bool doubleQuant)
    {
        using var device = Device.Open("cpu", 2);
        Weight Base() => QuantizedWeightTests.Quantize(device, new(format, doubleQuant), Outputs, Inputs, Devices.Noise(Outputs * Inputs, 3));
        using var quantized = Base();
        using var decoded = quantized.ToF32(device);
        var expected = Step(device, Weight.Over(decoded, Outputs, Inputs));
        var actual = Step(device, Base());
        for (var i = 0; i < expected.Length; i++)
            Assert.Equal(OpTests.Bits(expected[i]), OpTests.Bits(actual[i]));
        using var original = device.RentCopy<float>(Devices.Noise(Outputs * Inputs, 3));
        Assert.NotEqual(expected[0], Step(device, Weight.Over(original, Outputs, Inputs))[0]);
    }

    /// <summary>y, and the gradients of x, A and B for a gradient of y that is all ones.</summary>
    static float[][] Step(Device device, Weight weight)
    {
        var a = new Parameter(device, "a", Rank, Inputs, Devices.Noise(Rank * Inputs, 4));
        var b = new Parameter(device, "b", Outputs, Rank, Devices.Noise(Outputs * Rank, 5));
        using var lora = new LoraLinear(new Linear("base", weight), a, b, scale: 1.4);
        using var x = new Parameter(device, "x", Rows, Inputs, Devices.Noise(Rows * Inputs, 6));
        using var tape = new Tape(device);
        var y = lora.Forward(tape, x);
        var values = y.Data.ToArray();
        tape.Backward(y);
        return [values, x.Gradient.ToArray(), a.Gradient.ToArray(), b.Gradient.ToArray()];
    }
}
