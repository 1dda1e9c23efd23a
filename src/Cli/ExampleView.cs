using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace PureLora;

/// <summary>One example, token by token: what is trained is green on a terminal that has colours, and has a + before it anywhere.</summary>
static class ExampleView
{
    public static void Show(Report report, ExampleSet set, Vocabulary vocabulary, TextTokenizer tokenizer, int number)
    {
        if (number < 1 || number > set.Count)
            throw new UsageException($"command line: --example is {number}, but the data has {set.Count:N0} examples and it needs one of them. Count from 1.");
        var example = set[number - 1];
        report.Line($"example {number:N0} of {set.Count:N0}, {example.Place}: {Spelling.Count(example.Ids.Length, "token")}, {example.TrainedTokens:N0} trained (+)");
        var tokens = new JsonArray();
        var printer = new StreamingDecoder(tokenizer, skipSpecialTokens: false);
        for (var t = 0; t < example.Ids.Length; t++)
        {
            // What comes first is never predicted. A character of several tokens is shown at its last one.
            var (id, trained) = (example.Ids[t], t > 0 && example.Labels[t] != Example.Ignored);
            var text = printer.Push(id) + (t + 1 == example.Ids.Length ? printer.Flush() : "");
            var line = $"{t + 1,6} {(trained ? '+' : ' ')} {id,7}  \"{JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"{(vocabulary.SpecialIds.Contains(id) ? "  special" : "")}";
            report.Line(report.Colour ? $"\u001b[{(trained ? "32" : "2")}m{line}\u001b[0m" : line);
            tokens.Add(new JsonObject { ["id"] = id, ["text"] = text, ["trained"] = trained });
        }
        report.Result(("example", number), ("place", example.Place), ("tokens", tokens));
    }
}
