using Microsoft.ML.Tokenizers;

namespace PureLora;

/// <summary>What turns a normalized text without added tokens into ids.</summary>
internal interface ITextModel
{
    void Append(string text, List<int> ids);
}

/// <summary>Byte-level BPE (GPT-2, SmolLM, Llama 3, Qwen): pieces of the pre-tokenizers, merged by Microsoft.ML.Tokenizers.</summary>
internal sealed class ByteLevelBpe : ITextModel
{
    /// <summary>The library merges in quadratic time: 2 minutes for a word of 1 MB. Longer pieces take our own loop.</summary>
    internal const int LongestForLibrary = 1024;

    readonly TokenTable vocabulary;
    readonly PreTokenizers preTokenizers;
    readonly bool wholePiecesFirst;
    readonly BpeTokenizer bpe;
    readonly Lazy<MergeLoop> loop;

    /// <param name="vocabulary">The model's tokens, before added ones.</param>
    /// <param name="merges">In order of rank.</param>
    /// <param name="preTokenizers">Cut the text into pieces.</param>
    /// <param name="wholePiecesFirst"><c>ignore_merges</c>: a piece that is a token is that token.</param>
    public ByteLevelBpe(TokenTable vocabulary, List<Merge> merges, PreTokenizers preTokenizers, bool wholePiecesFirst)
    {
        this.vocabulary = vocabulary;
        this.preTokenizers = preTokenizers;
        this.wholePiecesFirst = wholePiecesFirst;
        bpe = BpeTokenizer.Create(new BpeOptions(vocabulary.Entries.ToArray())
        {
            ByteLevel = true,
            Merges = merges.ConvertAll(merge => $"{vocabulary.TokenOf(merge.Left)} {vocabulary.TokenOf(merge.Right)}"),
        });
        loop = new(() => new MergeLoop(merges));
    }

    public void Append(string text, List<int> ids)
    {
        if (text.Length == 0) return;
        if (preTokenizers.AddPrefixSpace && text[0] != ' ') text = " " + text;
        foreach (var (start, length) in preTokenizers.Split(text))
        {
            var piece = text.AsSpan(start, length);
            if (wholePiecesFirst && vocabulary.TryGetId(ByteLevel.Encode(piece), out int id)) ids.Add(id);
            else if (length <= LongestForLibrary) ids.AddRange(bpe.EncodeToIds(piece, considerPreTokenization: false, considerNormalization: false));
            else AppendLong(piece, ids);
        }
    }

    internal void AppendLong(ReadOnlySpan<char> piece, List<int> ids)
    {
        string bytes = ByteLevel.Encode(piece);
        var row = new List<int>(bytes.Length);
        // A byte without a token is dropped, as Hugging Face and the library drop it.
        foreach (char c in bytes)
        {
            if (vocabulary.TryGetId(c.ToString(), out int id)) row.Add(id);
        }
        var span = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(row);
        foreach (int at in loop.Value.Run(span)) ids.Add(span[at]);
    }
}
