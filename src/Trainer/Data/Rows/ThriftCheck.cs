namespace PureLora;

/// <summary>
/// Walks a structure in Thrift's compact protocol without making anything of it, and refuses what a reader that trusts it would trip
/// over: a length beyond the bytes there are, a list longer than that, endless nesting, and a field of another type than its
/// structure has.
/// </summary>
sealed class ThriftCheck(ReadOnlyMemory<byte> bytes)
{
    const int Deepest = 32;
    const int True = 1, False = 2, Byte = 3, I16 = 4, I32 = 5, I64 = 6, Double = 7, Binary = 8, List = 9, Set = 10, Map = 11, Struct = 12;

    int at;

    /// <summary>Bytes that were walked over.</summary>
    public int Read => at;

    /// <summary>Walks one structure.</summary>
    /// <param name="fields">The types that its fields have; those not in it may have any.</param>
    /// <param name="number">Takes the value of each whole number: its path of field ids, and what it is.</param>
    /// <param name="path">The ids of the fields around it.</param>
    /// <param name="depth">How many structures are around it.</param>
    /// <exception cref="InvalidDataException">It is none, or lies.</exception>
    public void Walk(ThriftStruct fields, Action<string, long>? number = null, string path = "", int depth = 0)
    {
        for (var id = 0; ;)
        {
            var head = Next();
            if (head == 0)
                return;
            var type = head & 15;
            id = head >> 4 == 0 ? (int)Zigzag() : id + (head >> 4);
            var expected = fields.Field(id);
            if (expected is { } known && Kind(type) != known.Type)
                throw new InvalidDataException($"field {path}{id} has the type {type}");
            if (type is not (True or False))
                Value(type, expected, number, $"{path}{id}", depth + 1);
        }
    }

    /// <summary>Both booleans are one type, and all whole numbers are written alike.</summary>
    static int Kind(int type) => type switch { False => True, Byte => Byte, I16 or I32 or I64 => I64, Set => List, _ => type };

    void Value(int type, ThriftField? expected, Action<string, long>? number, string path, int depth)
    {
        if (depth > Deepest)
            throw new InvalidDataException("it is nested too deep");
        switch (type)
        {
            case True or False or Byte:
                at++;
                break;
            case I16 or I32 or I64:
                var value = Zigzag();
                number?.Invoke(path, value);
                break;
            case Double:
                at += 8;
                break;
            case Binary:
                var length = Size();
                at += length;
                break;
            case List or Set:
                var head = Next();
                var count = head >> 4 == 15 ? Size() : head >> 4;
                if (expected?.Item is { } item && count > 0 && Kind(head & 15) != item)
                    throw new InvalidDataException($"list {path} has entries of type {head & 15}");
                for (var i = 0; i < count; i++)
                    Value(head & 15, expected is { } list ? new ThriftField(list.Item ?? 0, list.Fields) : null, number, path, depth + 1);
                break;
            case Map:
                var pairs = Size();
                var kinds = pairs > 0 ? Next() : 0;
                for (var i = 0; i < pairs; i++)
                {
                    Value(kinds >> 4, null, null, path, depth + 1);
                    Value(kinds & 15, null, null, path, depth + 1);
                }
                break;
            case Struct:
                Walk(expected?.Fields ?? ThriftStruct.Any, number, $"{path}.", depth + 1);
                break;
            default:
                throw new InvalidDataException($"field {path} has the type {type}");
        }
        if (at > bytes.Length)
            throw new InvalidDataException("it ends too early");
    }

    byte Next() => at < bytes.Length ? bytes.Span[at++] : throw new InvalidDataException("it ends too early");

    /// <summary>A length that the rest of the bytes can have.</summary>
    int Size()
    {
        var size = Varint();
        return size <= (ulong)(bytes.Length - at) ? (int)size : throw new InvalidDataException($"a length is {size}, of {bytes.Length - at} bytes");
    }

    long Zigzag()
    {
        var value = Varint();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    ulong Varint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = Next();
            value |= (ulong)(next & 127) << shift;
            if (next < 128)
                return value;
        }
        throw new InvalidDataException("a number has no end");
    }
}

/// <summary>A field's type in the compact protocol, of a list that of its entries, and the structure that it or they are.</summary>
readonly record struct ThriftField(int Type, ThriftStruct? Fields = null, int? Item = null);

/// <summary>The fields of a structure: a letter for each id, from 1: n a whole number, y a byte, b a boolean, t a text, N a list of numbers, T of texts, {0} a structure, [0] a list of them; . unknown.</summary>
sealed class ThriftStruct
{
    public static readonly ThriftStruct Any = new("");

    readonly List<ThriftField?> fields = [];

    public ThriftStruct(string letters, params ThriftStruct[] inner)
    {
        for (var i = 0; i < letters.Length; i++)
            fields.Add(letters[i] switch
            {
                'n' => new ThriftField(6),
                'y' => new ThriftField(3),
                'b' => new ThriftField(1),
                't' => new ThriftField(8),
                'N' => new ThriftField(9, null, 6),
                'T' => new ThriftField(9, null, 8),
                '{' => new ThriftField(12, inner[letters[(i += 2) - 1] - '0']),
                '[' => new ThriftField(9, inner[letters[(i += 2) - 1] - '0'], 12),
                _ => null,
            });
    }

    public ThriftField? Field(int id) => id >= 1 && id <= fields.Count ? fields[id - 1] : null;
}
