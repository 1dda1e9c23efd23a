using PureLora.Kernels;

namespace PureLora;

/// <summary>
/// cos and sin of position·frequency, times the scaling of <see cref="Rope"/>, [positions, Dimensions/2] each, rounded
/// where Transformers rounds: frequencies and angles are f32.
/// </summary>
public sealed class RotaryTable : IDisposable
{
    readonly Device device;
    readonly Rope rope;
    readonly List<FloatBuffer> owned = [];
    float[] frequencies;
    int reserved;
    bool held;

    /// <param name="device">Where the tables live.</param>
    /// <param name="rope">What turns, and how far.</param>
    /// <param name="positions">How many positions, from 0, it has to begin with.</param>
    public RotaryTable(Device device, Rope rope, int positions = 64)
    {
        (this.device, this.rope) = (device, rope);
        frequencies = rope.Frequencies(positions);
        Fill(positions);
    }

    /// <summary>The table has rows for positions 0..Positions-1.</summary>
    public int Positions { get; private set; }

    /// <summary>Cosines [<see cref="Positions"/>, Dimensions/2]; another buffer once the table has changed.</summary>
    public FloatBuffer Cos => owned[^2];

    /// <summary>Sines [<see cref="Positions"/>, Dimensions/2]; another buffer once the table has changed.</summary>
    public FloatBuffer Sin => owned[^1];

    /// <summary>
    /// Every later pass takes at least so many positions: frequencies that depend on the length then do not depend on
    /// which sequences stand in a batch.
    /// </summary>
    public void Reserve(int positions)
    {
        reserved = Math.Max(reserved, positions);
        Cover(reserved, held: false);
    }

    /// <summary>
    /// Makes the table that of sequences of so many tokens. One that must grow at least doubles.
    /// </summary>
    /// <param name="length">Tokens of the longest sequence.</param>
    /// <param name="held">Whether a tape reads it until its backward walk: from then on older tables stay until <see cref="Dispose"/>.</param>
    public void Cover(int length, bool held)
    {
        this.held |= held;
        length = Math.Max(length, reserved);
        var wanted = rope.DependsOnLength ? rope.Frequencies(length) : frequencies;
        var same = wanted.AsSpan().SequenceEqual(frequencies);
        frequencies = wanted;
        if (length > Positions)
            Fill(Math.Max(length, (int)Math.Min(2L * Positions, Array.MaxLength / frequencies.Length)));
        else if (!same)
            Fill(Positions);
    }

    void Fill(int positions)
    {
        var cosines = new float[checked(positions * frequencies.Length)];
        var sines = new float[cosines.Length];
        for (var i = 0; i < cosines.Length; i++)
        {
            // Transformers rounds the angle to f32 before it takes the cosine.
            var angle = (float)(i / frequencies.Length) * frequencies[i % frequencies.Length];
            cosines[i] = (float)(ScalarMath.Cos(angle) * rope.AttentionScaling);
            sines[i] = (float)(ScalarMath.Sin(angle) * rope.AttentionScaling);
        }
        if (!held)
            Dispose();
        owned.Add(device.RentCopy<float>(cosines, kept: true));
        owned.Add(device.RentCopy<float>(sines, kept: true));
        Positions = positions;
    }

    public void Dispose()
    {
        owned.ForEach(buffer => buffer.Dispose());
        owned.Clear();
    }
}
