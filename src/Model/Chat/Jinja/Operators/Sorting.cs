namespace PureLora.Jinja;

/// <summary>Python's <c>sorted</c>: stable, by <c>&lt;</c> alone, also when reversed.</summary>
internal static class Sorting
{
    const int Small = 64;

    public static T[] Sorted<T>(Run run, IReadOnlyList<T> items, Func<T, Value> key, bool reverse)
    {
        var keyed = items.Select(item => (Key: key(item), Item: item)).ToArray();
        // Reversed before and after, so that equal items keep their order.
        if (reverse) Array.Reverse(keyed);
        Merge(run, keyed, new (Value, T)[keyed.Length], 0, keyed.Length);
        if (reverse) Array.Reverse(keyed);
        return Array.ConvertAll(keyed, pair => pair.Item);
    }

    static void Merge<T>(Run run, (Value Key, T Item)[] items, (Value, T)[] room, int start, int end)
    {
        if (end - start <= Small)
        {
            Insert(run, items, start, end);
            return;
        }
        int middle = (start + end) / 2;
        Merge(run, items, room, start, middle);
        Merge(run, items, room, middle, end);
        for (int left = start, right = middle, to = start; to < end; to++)
        {
            bool takeRight = right < end && left < middle && Less(run, items[right].Key, items[left].Key);
            room[to] = left < middle && !takeRight ? items[left++] : items[right++];
        }
        Array.Copy(room, start, items, start, end - start);
    }

    /// <summary>
    /// As Python does with up to 64 items: a run in order, or one backwards, and each item after it put in by halving. The
    /// order does not show in the result, but in which two kinds an error names.
    /// </summary>
    static void Insert<T>(Run run, (Value Key, T Item)[] items, int start, int end)
    {
        if (end - start < 2) return;
        int next = start + 2;
        bool backwards = Less(run, items[start + 1].Key, items[start].Key);
        while (next < end && Less(run, items[next].Key, items[next - 1].Key) == backwards) next++;
        if (backwards) Array.Reverse(items, start, next - start);
        for (; next < end; next++)
        {
            var item = items[next];
            int low = start, high = next;
            while (low < high)
            {
                int middle = low + ((high - low) >> 1);
                if (Less(run, item.Key, items[middle].Key)) high = middle;
                else low = middle + 1;
            }
            Array.Copy(items, low, items, low + 1, next - low);
            items[low] = item;
        }
    }

    static bool Less(Run run, Value a, Value b)
    {
        run.Step(1 + (Math.Min(a.Weight, b.Weight) >> 2));
        return Comparison.Ordered("<", a, b);
    }
}
