using System.Runtime.CompilerServices;

namespace PureLora.Kernels;

/// <summary>
/// The sixteen values of a 4-bit code, and which code a number gets. The code books are bitsandbytes' own numbers. NF4
/// has a value for each sixteenth of a normal distribution (Dettmers et al., "QLoRA", 2023); FP4 is sign, two bits of
/// exponent and one of fraction, its codes not in the order of their values.
/// </summary>
sealed unsafe class CodeBook
{
    readonly float* values;

    CodeBook(ReadOnlySpan<float> ofCode)
    {
        values = (float*)RuntimeHelpers.AllocateTypeAssociatedMemory(typeof(CodeBook), 16 * sizeof(float));
        var sorted = ofCode.ToArray();
        int[] codes = [.. Enumerable.Range(0, 16).OrderBy(code => sorted[code])];
        ofCode.CopyTo(new Span<float>(values, 16));
        Codes = codes;
        Thresholds = [.. Enumerable.Range(0, 15).Select(i => (sorted[codes[i]] + sorted[codes[i + 1]]) / 2)];
    }

    public static CodeBook Nf4 { get; } = new([
        -1f, -0.6961928009986877f, -0.5250730514526367f, -0.39491748809814453f, -0.28444138169288635f, -0.18477343022823334f, -0.09105003625154495f, 0f,
        0.07958029955625534f, 0.16093020141124725f, 0.24611230194568634f, 0.33791524171829224f, 0.44070982933044434f, 0.5626170039176941f, 0.7229568362236023f, 1f]);

    public static CodeBook Fp4 { get; } = new([
        0f, 0.0052083333f, 0.6666667f, 1f, 0.33333333f, 0.5f, 0.16666667f, 0.25f,
        0f, -0.0052083333f, -0.6666667f, -1f, -0.33333333f, -0.5f, -0.16666667f, -0.25f]);

    public static CodeBook Of(WeightFormat format) => format == WeightFormat.NF4 ? Nf4 : Fp4;

    /// <summary>The value of each code.</summary>
    public ReadOnlySpan<float> Values => new(values, 16);

    /// <summary>The codes in the order of their values.</summary>
    public int[] Codes { get; }

    /// <summary>
    /// The middles between neighbouring values: a number above i of them, strictly, gets <see cref="Codes"/>[i].
    /// Between FP4's two zeros the middle is zero, so a tiny positive number gets the second one.
    /// </summary>
    public float[] Thresholds { get; }
}
