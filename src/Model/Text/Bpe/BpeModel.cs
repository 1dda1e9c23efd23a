using System.Collections.Concurrent;
using System.Text;

namespace PureLora;

/// <summary>What a BPE does beside merging.</summary>
/// <param name="UnkToken">Stands for characters without a token; null drops them.</param>
/// <param name="FuseUnk">Neighbouring unknown characters are one such token.</param>
/// <param name="ByteFallback">A character without a token becomes the tokens <c>&lt;0xXX&gt;</c> of its UTF-8 bytes, if all are there.</param>
/// <param name="IgnoreMerges">A piece that is a token is that token.</param>
/// <param name="Prefix">Stands before every character of a piece but the first.</param>
/// <param name="Suffix">Stands after the last character of a piece.</param>
internal sealed record BpeOptions(string? UnkToken = null, bool FuseUnk = false, bool ByteFallback = false, bool IgnoreMerges = false, string Prefix = "", string Suffix = "");

/// <summary>Byte-pair encoding of pieces, with a memory of the pieces seen. Several threads may ask at once.</summary>
internal sealed class BpeModel
{
    const int PiecesRemembered = 1 << 16, LongestRemembered = 96;
    const char Metaspace = '\u2581';

    readonly TokenTable vocabulary;
    readonly MergeTable merges;
    readonly BpeOptions options;
    readonly int[] byteIds = new int[256];
    readonly bool splitsAtMetaspace;
    readonly ConcurrentDictionary<string, PieceToken[]> seen = new(StringComparer.Ordinal);
    readonly ConcurrentDictionary<string, PieceToken[]>.AlternateLookup<ReadOnlySpan<char>> seenBySpan;
    int remembered;

    public BpeModel(TokenTable vocabulary, MergeTable merges, BpeOptions options)
    {
        (this.vocabulary, this.merges, this.options) = (vocabulary, merges, options);
        seenBySpan = seen.GetAlternateLookup<ReadOnlySpan<char>>();
        for (int b = 0; b < 256; b++) byteIds[b] = options.ByteFallback && vocabulary.TryGetId($"<0x{b:X2}>", out int id) ? id : -1;
        splitsAtMetaspace = SplitsAtMetaspace();
    }

    /// <summary>
    /// Whether a whole text can be cut before each run of metaspaces with the same result: no merge reaches over the
    /// place, and nothing else does. It makes words of the texts of SentencePiece models, to be remembered.
    /// </summary>
    bool SplitsAtMetaspace()
    {
        if (!vocabulary.TryGetModelId([Metaspace], out _) || options.Prefix.Length + options.Suffix.Length > 0) return false;
        if (options is { UnkToken: not null, FuseUnk: true } && byteIds.Contains(-1)) return false;
        return merges.Pairs.All(pair => vocabulary.TokenOf(pair.Right)![0] != Metaspace || vocabulary.TokenOf(pair.Left)![^1] == Metaspace);
    }

    /// <summary>Adds the tokens of a piece, which stands at <paramref name="offset"/> in its text.</summary>
    public void Append(ReadOnlySpan<char> piece, int offset, List<PieceToken> into)
    {
        if (options.IgnoreMerges && piece.Length <= vocabulary.Longest && vocabulary.TryGetModelId(piece, out int id))
        {
            into.Add(new(id, offset, offset + piece.Length));
            return;
        }
        while (piece.Length > 0)
        {
            int length = splitsAtMetaspace ? WordLength(piece) : piece.Length;
            foreach (var token in Tokens(piece[..length])) into.Add(new(token.Id, offset + token.Start, offset + token.End));
            piece = piece[length..];
            offset += length;
        }
    }

    static int WordLength(ReadOnlySpan<char> piece)
    {
        int spaces = piece.IndexOfAnyExcept(Metaspace);
        if (spaces < 0) return piece.Length;
        int word = piece[spaces..].IndexOf(Metaspace);
        return word < 0 ? piece.Length : spaces + word;
    }

    ReadOnlySpan<PieceToken> Tokens(ReadOnlySpan<char> piece)
    {
        if (piece.Length > LongestRemembered) return Merged(piece);
        if (seenBySpan.TryGetValue(piece, out var known)) return known;
        var tokens = Merged(piece).ToArray();
        if (Volatile.Read(ref remembered) < PiecesRemembered && seenBySpan.TryAdd(piece, tokens)) Interlocked.Increment(ref remembered);
        return tokens;
    }

    Span<PieceToken> Merged(ReadOnlySpan<char> piece)
    {
        var row = new List<PieceToken>(piece.Length);
        (int Start, int End)? unknown = null;
        for (int at = 0; at < piece.Length;)
        {
            Rune.DecodeFromUtf16(piece[at..], out _, out int width);
            var letter = Letter(piece, at, width);
            if (vocabulary.TryGetModelId(letter, out int id))
            {
                AddUnknown(row, ref unknown);
                row.Add(new(id, at, at + width));
            }
            else if (!AddBytes(letter, at, width, row) && options.UnkToken is not null)
            {
                if (!options.FuseUnk) AddUnknown(row, ref unknown);
                unknown = (unknown?.Start ?? at, at + width);
            }
            at += width;
        }
        AddUnknown(row, ref unknown);
        var span = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(row);
        return span[..MergeLoop.Merge(span, merges)];
    }

    ReadOnlySpan<char> Letter(ReadOnlySpan<char> piece, int at, int width)
    {
        var letter = piece.Slice(at, width);
        bool takesPrefix = at > 0 && options.Prefix.Length > 0, takesSuffix = at + width == piece.Length && options.Suffix.Length > 0;
        return takesPrefix || takesSuffix ? $"{(takesPrefix ? options.Prefix : "")}{letter}{(takesSuffix ? options.Suffix : "")}" : letter;
    }

    void AddUnknown(List<PieceToken> row, ref (int Start, int End)? unknown)
    {
        if (unknown is not var (start, end)) return;
        if (!vocabulary.TryGetModelId(options.UnkToken, out int id))
            throw new PureLoraException($"tokenizer: unk_token is \"{options.UnkToken}\", but a text with a character that has no token needs it in the vocabulary. Use a model with another tokenizer.");
        row.Add(new(id, start, end));
        unknown = null;
    }

    bool AddBytes(ReadOnlySpan<char> letter, int at, int width, List<PieceToken> row)
    {
        if (!options.ByteFallback) return false;
        int before = row.Count;
        Span<byte> utf8 = stackalloc byte[4];
        foreach (var rune in letter.EnumerateRunes())
        {
            foreach (byte b in utf8[..rune.EncodeToUtf8(utf8)])
            {
                if (byteIds[b] < 0)
                {
                    row.RemoveRange(before, row.Count - before);
                    return false;
                }
                row.Add(new(byteIds[b], at, at + width));
            }
        }
        return true;
    }
}
