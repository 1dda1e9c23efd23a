using System.Diagnostics;
using System.Text;

namespace PureLora;

/// <summary>How fast a tokenizer is, on one thread: reading its files, and encoding a text piece by piece.</summary>
/// <param name="VocabularySize">Its ids.</param>
/// <param name="FileBytes">Bytes of tokenizer.json (or tokenizer.model).</param>
/// <param name="LoadSeconds">To read the files, the runtime already warm: the second time in the process.</param>
/// <param name="Tokens">In all rounds that were timed.</param>
/// <param name="Bytes">Of UTF-8, the same.</param>
/// <param name="Seconds">The same: each round encodes the whole text, the median round times the rounds.</param>
sealed record TokenizeBenchmark(int VocabularySize, long FileBytes, double LoadSeconds, long Tokens, long Bytes, double Seconds)
{
    const int Rounds = 5;

    /// <summary>Encodes the lines of <paramref name="file"/>, some hundred kilobytes at a time.</summary>
    public static TokenizeBenchmark Run(string folder, string file, CancellationToken stop = default)
    {
        TextTokenizer.Load(folder);
        var clock = Stopwatch.StartNew();
        var tokenizer = TextTokenizer.Load(folder);
        var load = clock.Elapsed.TotalSeconds;
        var texts = Pieces(file);
        var seconds = new List<double>();
        long tokens = 0;
        for (var round = 0; round <= Rounds; round++)
        {
            stop.ThrowIfCancellationRequested();
            (tokens, clock) = (0, Stopwatch.StartNew());
            foreach (var text in texts)
                tokens += tokenizer.Encode(text, addSpecialTokens: false).Length;
            if (round > 0)
                seconds.Add(clock.Elapsed.TotalSeconds);
        }
        var source = Path.Combine(folder, "tokenizer.json");
        return new(tokenizer.VocabularySize, new FileInfo(File.Exists(source) ? source : Path.Combine(folder, "tokenizer.model")).Length, load,
            tokens * Rounds, Rounds * texts.Sum(text => (long)Encoding.UTF8.GetByteCount(text)), Rounds * Sample.Median(seconds));
    }

    /// <summary>Texts of the size of a long example.</summary>
    static List<string> Pieces(string file)
    {
        const int most = 4096;
        var pieces = new List<string>();
        var piece = new StringBuilder();
        foreach (var line in File.ReadLines(file))
        {
            piece.Append(line).Append('\n');
            if (piece.Length < most)
                continue;
            pieces.Add(piece.ToString());
            piece.Clear();
        }
        if (piece.Length > 0)
            pieces.Add(piece.ToString());
        return pieces.Count > 0 ? pieces : throw new PureLoraException($"{file}: the file is empty, but bench tokenize needs a text. Give another one.");
    }
}
