using PureLora.Kernels;

namespace PureLora;

/// <summary>
/// cos and sin of position·inverse frequency, [positions, D/2] each, for rotary position embedding (RoFormer, arXiv
/// 2104.09864), rounded where Transformers rounds: inverse frequencies and angles are f32.
/// </summary>
public sealed class RotaryTable : IDisposable
{
    readonly Device device;
    readonly float[] inverseFrequencies;
    readonly List<FloatBuffer> owned = [];

    /// <param name="device">Where the tables live.</param>
    /// <param name="theta">The base of the frequencies (<c>rope_theta</c>).</param>
    /// <param name="headSize">D, even.</param>
    public RotaryTable(Device device, double theta, int headSize) : this(device, InverseFrequencies(theta, headSize))
    {
    }

    /// <param name="device">Where the tables live.</param>
    /// <param name="inverseFrequencies">Radians per position for each of the D/2 pairs of a head.</param>
    /// <param name="positions">How many positions, from 0, it has to begin with.</param>
    public RotaryTable(Device device, float[] inverseFrequencies, int positions = 64)
    {
        this.device = device;
        this.inverseFrequencies = inverseFrequencies;
        Fill(positions);
    }

    /// <summary>The table has rows for positions 0..Positions-1.</summary>
    public int Positions { get; private set; }

    /// <summary>Cosines [<see cref="Positions"/>, D/2]; another buffer once the table has grown.</summary>
    public FloatBuffer Cos => owned[^2];

    /// <summary>Sines [<see cref="Positions"/>, D/2]; another buffer once the table has grown.</summary>
    public FloatBuffer Sin => owned[^1];

    /// <summary>theta^(-2j/D) for j = 0..D/2-1, in radians per position: power and quotient rounded to f32 each.</summary>
    public static float[] InverseFrequencies(double theta, int headSize)
    {
        if (headSize <= 0 || headSize % 2 != 0)
            throw new ArgumentException($"RotaryTable: headSize is {headSize}, but halves need a positive even number.");
        var frequencies = new float[headSize / 2];
        for (var j = 0; j < frequencies.Length; j++)
            frequencies[j] = 1f / (float)ScalarMath.Pow((float)theta, 2f * j / headSize);
        return frequencies;
    }

    /// <summary>
    /// Makes sure of rows for positions 0..<paramref name="positions"/>-1. A table that must grow at least doubles; the
    /// smaller ones stay until <see cref="Dispose"/>, for tapes that still wait for their backward walk.
    /// </summary>
    public void Grow(int positions)
    {
        if (positions > Positions)
            Fill(Math.Max(positions, (int)Math.Min(2L * Positions, Array.MaxLength / inverseFrequencies.Length)));
    }

    void Fill(int positions)
    {
        var cosines = new float[checked(positions * inverseFrequencies.Length)];
        var sines = new float[cosines.Length];
        for (var i = 0; i < cosines.Length; i++)
        {
            // Transformers rounds the angle to f32 before it takes the cosine.
            var angle = (float)(i / inverseFrequencies.Length) * inverseFrequencies[i % inverseFrequencies.Length];
            cosines[i] = (float)ScalarMath.Cos(angle);
            sines[i] = (float)ScalarMath.Sin(angle);
        }
        owned.Add(device.RentCopy<float>(cosines, kept: true));
        owned.Add(device.RentCopy<float>(sines, kept: true));
        Positions = positions;
    }

    public void Dispose() => owned.ForEach(buffer => buffer.Dispose());
}
