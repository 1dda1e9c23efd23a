namespace PureLora;

/// <summary>
/// Puts examples of similar length side by side, so that little is padded: within each run of 50 effective batches of the epoch's
/// order, the longest first, as Transformers' group_by_length does. Which examples come in which run stays a matter of the seed.
/// </summary>
static class LengthGroups
{
    const int Batches = 50;

    /// <summary>Sorts <paramref name="order"/> in place; equal lengths keep their order.</summary>
    public static void Sort(int[] order, Func<int, int> length, int effectiveBatch)
    {
        var size = (int)Math.Min(order.Length, (long)Batches * effectiveBatch);
        for (var start = 0; start < order.Length; start += size)
        {
            var run = order.AsSpan(start, Math.Min(size, order.Length - start));
            run.ToArray().OrderByDescending(length).ToArray().CopyTo(run);
        }
    }
}
