namespace PureLora.Jinja;

/// <summary>Python's <c>sorted</c>: stable, by <c>&lt;</c> alone, also when reversed.</summary>
internal static class Sorting
{
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
        if (end - start < 2) return;
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

    static bool Less(Run run, Value a, Value b)
    {
        run.Step(1 + (Math.Min(a.Weight, b.Weight) >> 2));
        return Comparison.Ordered("<", a, b);
    }
}
