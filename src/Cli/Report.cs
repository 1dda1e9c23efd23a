using System.Text.Json;
using System.Text.Json.Nodes;

namespace PureLora;

/// <summary>
/// How a command speaks: lines on standard output, or with <c>--json</c> lines on standard error and one JSON object on
/// standard output. On a terminal, long work has a progress bar under its lines.
/// </summary>
sealed class Report(TextWriter output, TextWriter error, bool json, bool terminal, int width = 80)
{
    static readonly JsonSerializerOptions readable = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    ProgressBar? bar;

    /// <summary>Standard output carries JSON, so it is no place for anything else.</summary>
    public bool Json => json;

    /// <summary>Whether lines may be coloured: on a terminal, unless NO_COLOR asks for none (no-color.org).</summary>
    public bool Colour => terminal && !json && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));

    /// <summary>What stands before each line: spaces, for lines that belong to the one above.</summary>
    public string Indent { get; set; } = "";

    /// <summary>One line of explanation, log or result, for a person.</summary>
    public void Line(string text = "")
    {
        text = Indent + text;
        if (bar is not null)
            bar.Above(text);
        else
            (json ? error : output).WriteLine(text);
    }

    /// <summary>A remark beside the result, on standard error, so that standard output has the result alone.</summary>
    public void Note(string text) => error.WriteLine(text);

    /// <summary>A piece of text as it comes, without a line end: generated words. With <c>--json</c> it waits for the result.</summary>
    public void Piece(string text)
    {
        if (json)
            return;
        output.Write(text);
        output.Flush();
    }

    /// <summary>
    /// Runs <paramref name="work"/> under a bar that its argument moves: <c>step(done, "loss 1.234")</c>. Without a
    /// terminal the bar does not exist and only <see cref="Line"/> is seen.
    /// </summary>
    public void Progress(string title, long total, Action<Action<long, string>> work)
    {
        if (!terminal || json)
        {
            work((_, _) => { });
            return;
        }
        bar = new ProgressBar(output, width, title, Math.Max(1, total));
        try
        {
            work(bar.Move);
        }
        finally
        {
            bar.Clear();
            bar = null;
        }
    }

    /// <summary>
    /// The results, in order: with <c>--json</c> one object on one line, otherwise nothing, since lines have told them.
    /// Values are text, truth, whole numbers, floating-point numbers (null where not finite) or JSON nodes.
    /// </summary>
    public void Result(params (string Key, object? Value)[] results)
    {
        if (!json)
            return;
        var all = new JsonObject();
        foreach (var (key, value) in results)
            all.Add(key, value switch
            {
                null => null,
                string text => JsonValue.Create(text),
                bool truth => JsonValue.Create(truth),
                int number => JsonValue.Create(number),
                long number => JsonValue.Create(number),
                float number => float.IsFinite(number) ? JsonValue.Create(number) : null,
                double number => double.IsFinite(number) ? JsonValue.Create(number) : null,
                JsonNode node => node,
                _ => throw new ArgumentException($"{key} is {value.GetType()}, but a result needs a JSON value."),
            });
        Result(all);
    }

    /// <summary>A list of results, each written as soon as it is there; without <c>--json</c> nothing.</summary>
    public void Results(IEnumerable<JsonNode> results)
    {
        if (!json)
            return;
        var before = "[";
        foreach (var result in results)
        {
            output.Write(before);
            output.Write(result.ToJsonString(readable));
            before = ",\n";
        }
        output.WriteLine(before == "[" ? "[]" : "]");
    }

    /// <summary>A result that is a list, or an object already.</summary>
    public void Result(JsonNode result)
    {
        if (json)
            output.WriteLine(result.ToJsonString(readable));
    }
}
