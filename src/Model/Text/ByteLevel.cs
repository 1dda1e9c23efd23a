using System.Text;

namespace PureLora;

/// <summary>
/// One printable character for each of the 256 bytes, as GPT-2 has it: printable Latin-1 bytes stand for themselves,
/// the other 68 take U+0100 upwards in order. Byte-level vocabularies are written in these characters.
/// </summary>
internal static class ByteLevel
{
    static readonly char[] Chars = new char[256];
    static readonly Dictionary<char, byte> Bytes = [];

    static ByteLevel()
    {
        int next = 256;
        for (int b = 0; b < 256; b++)
        {
            bool printable = b is >= '!' and <= '~' or >= 0xA1 and <= 0xAC or >= 0xAE and <= 0xFF;
            Chars[b] = printable ? (char)b : (char)next++;
            Bytes[Chars[b]] = (byte)b;
        }
    }

    public static char CharOf(byte b) => Chars[b];

    /// <summary>The UTF-8 bytes of a text, each as its character.</summary>
    public static string Encode(ReadOnlySpan<char> text)
    {
        byte[] utf8 = new byte[Encoding.UTF8.GetByteCount(text)];
        Encoding.UTF8.GetBytes(text, utf8);
        return string.Create(utf8.Length, utf8, static (chars, bytes) =>
        {
            for (int i = 0; i < chars.Length; i++) chars[i] = Chars[bytes[i]];
        });
    }

    /// <summary>The bytes of a token; one with any character outside the map (an added token) stands for its own UTF-8.</summary>
    public static byte[] Decode(string token)
    {
        byte[] bytes = new byte[token.Length];
        for (int i = 0; i < bytes.Length; i++)
        {
            if (!Bytes.TryGetValue(token[i], out bytes[i])) return Encoding.UTF8.GetBytes(token);
        }
        return bytes;
    }
}
