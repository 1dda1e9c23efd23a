namespace PureLora;

/// <summary>Matrices turned on their side, since some checkpoints have weights as [in, out].</summary>
static class Transposed
{
    /// <summary>[rows, columns] to [columns, rows]. A device that only plans has no values.</summary>
    public static float[] Of(float[] values, int columns)
    {
        var turned = new float[values.Length];
        var rows = values.Length / columns;
        for (var row = 0; row < rows; row++)
            for (var column = 0; column < columns; column++)
                turned[column * rows + row] = values[row * columns + column];
        return turned;
    }

    /// <summary>Gives [rows, columns] turned, row by row, in pieces.</summary>
    public static FloatReader Reader(float[] values, int columns)
    {
        var turned = Of(values, columns);
        return (first, target) => turned.AsSpan((int)first, target.Length).CopyTo(target);
    }
}
