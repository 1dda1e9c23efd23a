using System.Text.Json;

namespace PureLora.Tests;

/// <summary>The first thing a person runs. On a CPU its every number is the same on any machine.</summary>
public sealed class QuickstartTests
{
    [Fact]
    public void The_built_in_model_learns_a_form_it_could_not_give_and_forgets_nothing()
    {
        using var scratch = new ScratchFolder();
        using var output = new StringWriter();
        using var error = new StringWriter();
        Assert.Equal(0, Program.Run(["quickstart", "--json", "--output-dir", scratch.File("out")], output, error));
        using var json = JsonDocument.Parse(output.ToString());
        double Number(string key) => json.RootElement.GetProperty(key).GetDouble();
        Assert.InRange(Number("exact_match_before"), 0, 0.05);
        Assert.InRange(Number("plain_match_before"), 0.9, 1);
        Assert.InRange(Number("exact_match_after"), 0.9, 1);
        Assert.InRange(Number("answer_match_after"), Number("plain_match_before"), 1);
        Assert.InRange(Number("adapter_bytes"), 1, 200_000);
        Assert.Equal("c9546135770ff0c6", json.RootElement.GetProperty("run_hash").GetString());
        Assert.Contains("What to do next", error.ToString());
    }
}
