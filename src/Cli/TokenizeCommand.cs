using System.Text.Json;
using System.Text.Json.Nodes;

namespace PureLora;

/// <summary>What <c>tokenize</c> is told.</summary>
sealed record TokenizeSettings
{
    [Setting("Folder of the tokenizer: tokenizer.json or tokenizer.model, and tokenizer_config.json.", Required = true, Placeholder = "dir")]
    public string Tokenizer { get; init; } = "";

    [Setting("A text, of which each token is shown.")]
    public string? Text { get; init; } // null, so that an empty text can be given

    [Setting("A JSON file with a list of texts; - is standard input.", Placeholder = "file")]
    public string Input { get; init; } = "";
}

/// <summary>Shows what a tokenizer makes of texts.</summary>
sealed class TokenizeCommand() : ToolCommand<TokenizeSettings>(
    "tokenize", "Show the tokens of a text; with --json the ids without and with special tokens around them, and the text that the former decode to, special tokens written out.",
    [
        "purelora tokenize --tokenizer ./base --text \"Hello world\"",
        "purelora tokenize --tokenizer ./base --input texts.json --json",
    ], Run)
{
    internal static void Run(TokenizeSettings settings, Report report, CancellationToken stop)
    {
        if (settings.Text is null == (settings.Input.Length == 0))
            throw new UsageException($"command line: --text and --input are both {(settings.Text is null ? "missing" : "given")}, but tokenize needs one of them. Give --text <text> or --input <file>.");
        var tokenizer = TextTokenizer.Load(settings.Tokenizer);
        var texts = settings.Text is { } one ? [one] : Texts(settings.Input, stop);
        if (report.Json)
            report.Results(texts.Select(text => Ids(tokenizer, text)));
        else
            foreach (var text in texts)
                Show(tokenizer, text, report);
    }

    static JsonNode Ids(TextTokenizer tokenizer, string text)
    {
        var ids = tokenizer.Encode(text, addSpecialTokens: false);
        return new JsonObject
        {
            ["ids"] = List(ids),
            ["ids_with_special"] = List(tokenizer.Encode(text, addSpecialTokens: true)),
            ["decoded"] = tokenizer.Decode(ids, skipSpecialTokens: false),
        };
    }

    static void Show(TextTokenizer tokenizer, string text, Report report)
    {
        var (ids, offsets) = tokenizer.EncodeWithOffsets(text, addSpecialTokens: true);
        report.Line($"{Spelling.Count(ids.Length, "token")} for {Spelling.Count(text.Length, "UTF-16 unit")}");
        // One after the other, so that spaces show; a character of several tokens shows at its last one.
        var printer = new StreamingDecoder(tokenizer, skipSpecialTokens: false);
        for (var i = 0; i < ids.Length; i++)
        {
            var (start, end) = offsets[i];
            report.Line($"{ids[i],8}  {$"{start}-{end}",-11}  {Quoted.Of(printer.Push(ids[i]) + (i + 1 == ids.Length ? printer.Flush() : ""))}{(tokenizer.SpecialIds.Contains(ids[i]) ? "  special" : "")}");
        }
    }

    static JsonArray List(int[] ids) => [.. ids.Select(id => (JsonNode)id)];

    /// <summary>The texts one by one, so that a list may be larger than memory.</summary>
    static IEnumerable<string> Texts(string path, CancellationToken stop)
    {
        using var stream = Try(path, () => path == "-" ? Console.OpenStandardInput() : File.OpenRead(path));
        using var texts = JsonSerializer.DeserializeAsyncEnumerable<string>(stream, cancellationToken: stop).ToBlockingEnumerable(stop).GetEnumerator();
        while (Try(path, texts.MoveNext))
            yield return Try(path, () => texts.Current ?? throw new JsonException("a text is null"));
    }

    static T Try<T>(string path, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (JsonException e)
        {
            throw new PureLoraException($"{path}: it is no JSON list of texts ({e.Message.TrimEnd('.')}), but tokenize needs one. Write [\"...\", \"...\"].", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PureLoraException($"{path}: the file cannot be read ({e.Message.TrimEnd('.')}). Check the path.", e);
        }
    }
}
