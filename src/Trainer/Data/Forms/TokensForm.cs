using System.Text.Json;

namespace PureLora;

/// <summary>
/// <c>{"input_ids": [...], "labels": [...], "attention_mask": [...]}</c>: ids as they are, nothing added. Without labels all are
/// trained; a label is its own id, or -100 where it is not trained. Tokens of mask 0 at either end are left out.
/// </summary>
sealed class TokensForm() : DataForm("tokens", """{"input_ids": [...], "labels": [...]}""", "input_ids")
{
    public override IEnumerable<Draft> Drafts(JsonElement record, string place)
    {
        var ids = Numbers(record, "input_ids", place);
        var labels = Fields.Has(record, "labels") ? Numbers(record, "labels", place) : ids;
        var mask = Fields.Has(record, "attention_mask") ? Numbers(record, "attention_mask", place) : null;
        Same("labels", labels.Length);
        Same("attention_mask", mask?.Length ?? ids.Length);
        for (var i = 0; i < ids.Length; i++)
        {
            if (ids[i] < 0)
                throw new PureLoraException($"{place}: \"input_ids\"[{i}] is {ids[i]}, but an id needs 0 or more. Correct it.");
            if (labels[i] != Example.Ignored && labels[i] != ids[i])
                throw new PureLoraException($"{place}: \"labels\"[{i}] is {labels[i]}, but it needs the id there, {ids[i]}, or {Example.Ignored}. Do not shift labels: the loss does.");
        }
        var first = mask is null ? 0 : Math.Max(0, System.Array.FindIndex(mask, seen => seen != 0));
        var end = mask is null ? ids.Length : System.Array.FindLastIndex(mask, seen => seen != 0) + 1;
        if (end <= first)
            throw new PureLoraException($"{place}: \"attention_mask\" has no 1, but an example needs a token. Remove the record.");
        if (mask is not null && mask.AsSpan(first, end - first).Contains(0))
            throw new PureLoraException($"{place}: \"attention_mask\" has a 0 between tokens, but only the padding at either end can be left out. Write several documents as several records.");
        return [new IdsDraft(ids[first..end], [.. labels[first..end].Select(label => label != Example.Ignored)])];

        void Same(string key, int length)
        {
            if (length != ids.Length)
                throw new PureLoraException($"{place}: \"{key}\" has {length} entries, but \"input_ids\" has {ids.Length} and both need as many. Correct the record.");
        }
    }

    static int[] Numbers(JsonElement record, string key, string place)
    {
        var array = Fields.Array(record, key, place);
        var numbers = new int[array.GetArrayLength()];
        var i = 0;
        foreach (var value in array.EnumerateArray())
            numbers[i++] = value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) ? number
                : throw new PureLoraException($"{place}: \"{key}\"[{i - 1}] is {Quoted.Of(value.GetRawText())}, but it needs to be a whole number. Correct it.");
        return numbers;
    }
}
