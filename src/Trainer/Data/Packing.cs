namespace PureLora;

/// <summary>
/// Puts examples into rows of a fixed capacity: the longest first, each into the row that it fills best (best fit, decreasing). Rows
/// stand in the order in which their first example comes in the epoch, and the examples of a row in that order too.
/// </summary>
static class Packing
{
    /// <summary>The rows of an epoch.</summary>
    /// <param name="order">The examples of the epoch, in its order.</param>
    /// <param name="length">How many tokens an example has; more than the capacity is a row of its own.</param>
    /// <param name="capacity">Tokens of a row.</param>
    public static EpochRows Rows(int[] order, Func<int, int> length, int capacity)
    {
        // Sorted by length alone; equal ones keep the epoch's order, which makes rows differ between epochs.
        var places = Enumerable.Range(0, order.Length).ToArray();
        var keys = Array.ConvertAll(places, place => ((long)(int.MaxValue - length(order[place])) << 32) | (uint)place);
        Array.Sort(keys, places);
        var row = new int[order.Length];
        var open = new Stack<int>?[capacity + 1];
        var spaces = new SortedSet<int>();
        var rows = 0;
        foreach (var place in places)
        {
            var need = Math.Min(capacity, length(order[place]));
            var space = spaces.GetViewBetween(need, capacity).Min;
            int into;
            if (space >= need && open[space] is { Count: > 0 } fitting)
            {
                into = fitting.Pop();
                if (fitting.Count == 0)
                    spaces.Remove(space);
            }
            else
                (into, space) = (rows++, capacity);
            row[place] = into;
            if (space - need > 0)
            {
                (open[space - need] ??= new()).Push(into);
                spaces.Add(space - need);
            }
        }
        return Ordered(order, row, rows);
    }

    /// <summary>Numbers the rows by their first example, and lists the examples row by row.</summary>
    static EpochRows Ordered(int[] order, int[] row, int rows)
    {
        int[] number = new int[rows], counts = new int[rows];
        Array.Fill(number, -1);
        var next = 0;
        foreach (var r in row)
        {
            if (number[r] < 0)
                number[r] = next++;
            counts[number[r]]++;
        }
        var starts = new int[rows + 1];
        for (var r = 0; r < rows; r++)
            starts[r + 1] = starts[r] + counts[r];
        var (packed, at) = (new int[order.Length], starts[..rows]);
        for (var place = 0; place < order.Length; place++)
            packed[at[number[row[place]]]++] = order[place];
        return new EpochRows(packed, starts);
    }
}

/// <summary>The examples of an epoch in order, and where each row of them begins; null where every example is a row.</summary>
sealed record EpochRows(int[] Order, int[]? Starts = null)
{
    public int Count => Starts is null ? Order.Length : Starts.Length - 1;

    /// <summary>The examples of one row.</summary>
    public ReadOnlySpan<int> this[int row] => Starts is null ? Order.AsSpan(row, 1) : Order.AsSpan(Starts[row], Starts[row + 1] - Starts[row]);
}
