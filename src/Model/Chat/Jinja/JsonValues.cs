using System.Globalization;
using System.Numerics;
using System.Text.Json;

namespace PureLora.Jinja;

/// <summary>JSON as values of the template language: 1 is an int, 1.0 and 1e3 are floats, as Python's <c>json</c> reads them.</summary>
internal static class JsonValues
{
    public static Value Of(JsonElement json)
    {
        Run.Descend();
        switch (json.ValueKind)
        {
            case JsonValueKind.Object:
                var dict = new DictValue();
                foreach (var entry in json.EnumerateObject()) dict.Put(new TextValue(entry.Name), Of(entry.Value));
                return dict;
            case JsonValueKind.Array:
                var items = new Value[json.GetArrayLength()];
                int i = 0;
                foreach (var item in json.EnumerateArray()) items[i++] = Of(item);
                return new ListValue(items);
            case JsonValueKind.String: return new TextValue(json.GetString()!);
            case JsonValueKind.Number: return Number(json.GetRawText());
            case JsonValueKind.True: return BoolValue.True;
            case JsonValueKind.False: return BoolValue.False;
            default: return Value.None;
        }
    }

    static Value Number(string text)
    {
        if (text.AsSpan().ContainsAny('.', 'e', 'E')) return new FloatValue(double.Parse(text, CultureInfo.InvariantCulture));
        return text.Length > Limits.IntegerDigits ? throw Numbers.TooManyDigits() : new IntValue(BigInteger.Parse(text, CultureInfo.InvariantCulture));
    }
}
