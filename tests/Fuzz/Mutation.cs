using System.Buffers.Binary;
using System.Text;
using PureLora.Kernels;

namespace PureLora.Tests;

/// <summary>
/// A broken copy of a file, as a function of a number alone: one to eight small changes of the kinds that break readers.
/// The same number gives the same bytes on any machine.
/// </summary>
sealed class Mutation(ulong number)
{
    static readonly string[] Numbers =
        ["0", "-1", "1", "2147483647", "2147483648", "-2147483649", "4294967296", "9223372036854775807", "9223372036854775808", "1e308", "1e999", "-0.0", "1e-400", "0.5", "00", "1000000000"];

    static readonly string[] Values =
        ["null", "true", "false", "[]", "{}", "\"\"", "[[]]", "{\"a\":1}", "\"\\ud800\"", "\"\\u0000\"", "\"a\"", "[0,-1]", "1e999", "NaN", "\"(a+)+$\"", "\"\\\\p{L\""];

    static readonly ulong[] Words = [0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x7FFFFFFFFFFFFFFF, 0x8000000000000000, ulong.MaxValue];

    uint drawn;

    uint Next() => Philox.Block(number, drawn++, 0x46555A5Au, 0, 0).X;

    int Below(int limit) => limit <= 1 ? 0 : (int)((ulong)Next() * (uint)limit >> 32);

    /// <summary>The bytes of <paramref name="file"/>, changed; pieces of <paramref name="other"/> may get in.</summary>
    public byte[] Of(byte[] file, byte[] other)
    {
        // Most of what a reader decides stands in a file's first bytes.
        var reach = Below(2) == 0 ? file.Length : Math.Min(file.Length, 64 + Below(4096));
        var bytes = new List<byte>(file);
        for (var changes = 1 + Below(Below(8) == 0 ? 8 : 3); changes > 0; changes--)
            Change(bytes, Math.Min(reach, bytes.Count), other);
        return [.. bytes];
    }

    void Change(List<byte> bytes, int reach, byte[] other)
    {
        var at = Below(reach + 1);
        var length = Math.Min(1 + Below(Below(4) == 0 ? 256 : 8), bytes.Count - at);
        switch (Below(12))
        {
            case 0 when at < bytes.Count:
                bytes[at] ^= (byte)(1 << Below(8));
                break;
            case 1 when at < bytes.Count:
                bytes[at] = (byte)Next();
                break;
            case 2:
                bytes.RemoveRange(at, length);
                break;
            case 3:
                bytes.InsertRange(Below(bytes.Count + 1), bytes.GetRange(at, length));
                break;
            case 4:
                for (var i = Below(8); i >= 0; i--)
                    bytes.Insert(at, (byte)Next());
                break;
            case 5:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
            case 6:
                Replace(bytes, at, IsNumber, Numbers[Below(Numbers.Length)]);
                break;
            case 7:
                Replace(bytes, at, IsValue, Values[Below(Values.Length)]);
                break;
            case 8 when other.Length > 0:
                var from = Below(other.Length);
                bytes.InsertRange(at, other.AsSpan(from, Math.Min(1 + Below(512), other.Length - from)).ToArray());
                break;
            case 9:
                var part = bytes.GetRange(at, Math.Min(length, 16));
                for (var i = Below(Below(4) == 0 ? 4000 : 40); i > 0; i--)
                    bytes.InsertRange(at, part);
                break;
            case 10:
                Overwrite(bytes, at, Words[Below(Words.Length)], Below(2) == 0 ? 4 : 8);
                break;
            default:
                Swap(bytes, at, Below(reach + 1), length);
                break;
        }
    }

    static bool IsNumber(byte b) => b is >= (byte)'0' and <= (byte)'9' or (byte)'-' or (byte)'.';

    static bool IsValue(byte b) => b is not ((byte)',' or (byte)':' or (byte)'{' or (byte)'}' or (byte)'[' or (byte)']' or (byte)'\n');

    /// <summary>Puts a text in the place of the first run of <paramref name="kind"/> from <paramref name="at"/> on.</summary>
    static void Replace(List<byte> bytes, int at, Func<byte, bool> kind, string text)
    {
        while (at < bytes.Count && !kind(bytes[at]))
            at++;
        var end = at;
        while (end < bytes.Count && kind(bytes[end]))
            end++;
        bytes.RemoveRange(at, end - at);
        bytes.InsertRange(at, Encoding.UTF8.GetBytes(text));
    }

    static void Overwrite(List<byte> bytes, int at, ulong word, int width)
    {
        var little = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(little, word);
        for (var i = 0; i < width && at + i < bytes.Count; i++)
            bytes[at + i] = little[i];
    }

    static void Swap(List<byte> bytes, int a, int b, int length)
    {
        for (var i = 0; i < length && a + i < bytes.Count && b + i < bytes.Count; i++)
            (bytes[a + i], bytes[b + i]) = (bytes[b + i], bytes[a + i]);
    }
}
