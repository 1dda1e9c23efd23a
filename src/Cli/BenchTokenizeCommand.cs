namespace PureLora;

/// <summary>What <c>bench tokenize</c> is told.</summary>
sealed record BenchTokenizeSettings
{
    [Setting("Folder of the tokenizer.", Required = true, Placeholder = "dir")]
    public string Tokenizer { get; init; } = "";

    [Setting("A text file to encode.", Required = true, Placeholder = "file")]
    public string Input { get; init; } = "";
}

/// <summary>Measures a tokenizer on one thread.</summary>
sealed class BenchTokenizeCommand() : ToolCommand<BenchTokenizeSettings>(
    "tokenize", "Measure a tokenizer on one thread: reading its files, and encoding a text.",
    [
        "purelora bench tokenize --tokenizer ./base --input book.txt",
        "purelora bench tokenize --tokenizer ./base --input train.jsonl --json",
    ], Run)
{
    static void Run(BenchTokenizeSettings settings, Report report, CancellationToken stop)
    {
        if (!File.Exists(settings.Input))
            throw new PureLoraException($"{settings.Input}: the file does not exist, but bench tokenize needs a text. Check the path.");
        var result = TokenizeBenchmark.Run(settings.Tokenizer, settings.Input, stop);
        report.Line($"load     {result.FileBytes / 1e6:N1} MB in {result.LoadSeconds:F2} s, {result.VocabularySize:N0} ids");
        report.Line($"encode   {result.Tokens / result.Seconds / 1e6:F2} million tokens/s, {result.Bytes / result.Seconds / 1e6:N1} MB/s, one thread");
        report.Result(("vocabulary_size", result.VocabularySize), ("file_bytes", result.FileBytes), ("load_seconds", result.LoadSeconds),
            ("tokens_per_second", result.Tokens / result.Seconds), ("bytes_per_second", result.Bytes / result.Seconds));
    }
}
