using System.Text.Json;
using PureLora.Jinja;

namespace PureLora.Tests;

/// <summary>Small templates of ours whose results Python's jinja2 computed, errors word for word (Golden/chat).</summary>
public class SnippetTests
{
    static readonly DateTime Now = new(2025, 1, 15, 12, 34, 56);

    internal static (Dictionary<string, Value> Given, List<JsonElement> Cases) Snippets()
    {
        var golden = JsonDocument.Parse(File.ReadAllText(Path.Combine(Golden.Folder("chat"), "snippets.json"))).RootElement;
        return (Given(golden.GetProperty("context")), [.. golden.GetProperty("cases").EnumerateArray()]);
    }

    internal static Dictionary<string, Value> Given(JsonElement context) => context.EnumerateObject().ToDictionary(p => p.Name, p => JsonValues.Of(p.Value));

    /// <summary>The text and the spans of <c>generation</c> in code points, or the error's kind and words.</summary>
    internal static (string Text, string Spans) Render(string template, Dictionary<string, Value> given)
    {
        try
        {
            var run = new Run(Limits.For(1000), given, Now);
            new Template(template).Render(run);
            string text = run.Output.ToString();
            return (text, string.Join(' ', run.Generated.Select(g => $"{CodePoints.IndexOf(text, g.Start)}-{CodePoints.IndexOf(text, g.Start) + CodePoints.Count(g.Text)}")));
        }
        catch (PythonError e)
        {
            return ($"{e.Kind}: {e.Message}", "");
        }
    }

    [Fact]
    public void Results_are_those_of_jinja()
    {
        var (given, cases) = Snippets();
        Assert.True(cases.Count > 1000);
        var wrong = new List<string>();
        foreach (var c in cases)
        {
            string template = c.GetProperty("template").GetString()!;
            string expected = c.TryGetProperty("expected", out var text) ? text.GetString()! : $"{c.GetProperty("error").GetString()}: {c.GetProperty("message").GetString()}";
            string spans = c.TryGetProperty("spans", out var s) ? string.Join(' ', s.EnumerateArray().Select(p => $"{p[0]}-{p[1]}")) : "";
            var got = Render(template, given);
            if (got != (expected, spans)) wrong.Add($"{template}\n  expected {expected} {spans}\n  got      {got.Text} {got.Spans}");
        }
        Assert.True(wrong.Count == 0, $"{wrong.Count} of {cases.Count}:\n{string.Join('\n', wrong.Take(10))}");
    }

    [Fact]
    public void A_run_leaves_nothing_behind_for_the_next()
    {
        var template = new Template("{% set x = (x or 0) + 1 %}{% for i in [1, 2] %}{{ loop.index }}{% endfor %}{% block b %}{{ x }}{% endblock %}");
        string Text()
        {
            var run = new Run(Limits.For(0), new Dictionary<string, Value>(), Now);
            template.Render(run);
            return run.Output.ToString();
        }
        Assert.Equal("121", Text());
        Assert.All(Enumerable.Range(0, 200).AsParallel().Select(_ => Text()), text => Assert.Equal("121", text));
    }

    [Fact]
    public void What_gives_other_text_each_time_is_refused()
    {
        Assert.StartsWith("NotSupportedError: 'random'", Render("{{ [1, 2] | random }}", []).Text);
        Assert.StartsWith("NotSupportedError: 'lipsum'", Render("{{ lipsum() }}", []).Text);
    }

    [Theory]
    [InlineData("a\n{{ b\n.c }}", 3)]
    [InlineData("a\n{% if b %}\n{% endfor %}", 3)]
    [InlineData("{#\n\n#}{% macro f(x) %}\n{{ x.y.z }}\n{% endmacro %}\n\n{{ f(1) }}", 4)]
    [InlineData("\n\n{{ 'a' | nofilter }}", 3)]
    public void An_error_has_its_line(string template, int line)
    {
        var e = Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse(template, "t").Render(new ChatInput(JsonDocument.Parse("[]").RootElement)));
        Assert.Equal(line, e.Line);
        Assert.StartsWith($"t: line {line}: ", e.Message);
    }
}
