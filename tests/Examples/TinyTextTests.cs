using System.Text.Json;

namespace PureLora.Tests;

/// <summary>The built-in model's text: what is committed is what the generator writes, and nothing held out is taught.</summary>
public class TinyTextTests
{
    static readonly HashSet<string> TaughtPrompts = [.. TinyText.Base.Concat(TinyText.Adapter).Select(e => e.Prompt)];

    [Fact]
    public void Committed_files_are_what_the_generator_writes()
    {
        Assert.Equal(TinyText.AdapterFile(), Committed("train.jsonl"));
        Assert.Equal(TinyText.HeldOutFile(), Committed("heldout.jsonl"));
    }

    [Fact]
    public void No_held_out_prompt_is_taught()
    {
        var taught = TaughtPrompts.Concat(Lines(Committed("train.jsonl")).Select(l => Text(l, "prompt"))).ToHashSet();
        var heldOut = Lines(Committed("heldout.jsonl")).Select(l => Text(l, "prompt")).ToArray();
        Assert.True(heldOut.Length >= 100);
        Assert.Equal(heldOut.Length, heldOut.Distinct().Count());
        Assert.DoesNotContain(heldOut, taught.Contains);
    }

    [Fact]
    public void No_held_out_question_is_taught_behind_another_opener_or_in_another_form()
    {
        string[] requests = ["", .. TinyQuestions.Manners.Select(m => m.Request)];
        foreach (var pair in TinyText.HeldOutPairs)
            foreach (string opener in TinyQuestions.Openers)
                foreach (string request in requests)
                    Assert.DoesNotContain(opener + TinyQuestions.Ask(pair.Fact, pair.Way) + request, TaughtPrompts);
    }

    [Fact]
    public void Every_held_out_fact_is_taught_in_the_seven_other_ways()
    {
        var taught = TinyText.TaughtPairs.ToLookup(p => p.Fact, p => p.Way);
        foreach (var pair in TinyText.HeldOutPairs)
        {
            Assert.Equal(TinyQuestions.Ways - 1, taught[pair.Fact].Count());
            Assert.DoesNotContain(pair.Way, taught[pair.Fact]);
        }
    }

    [Fact]
    public void Both_forms_carry_the_same_answer()
    {
        foreach (var line in Lines(Committed("heldout.jsonl")))
        {
            using var json = JsonDocument.Parse(Text(line, "completion"));
            Assert.Equal(["kind", "answer"], json.RootElement.EnumerateObject().Select(m => m.Name));
            Assert.Equal(Text(line, "plain"), Text(json.RootElement, "answer") + ".");
        }
    }

    [Fact]
    public void One_question_has_one_answer()
    {
        var all = TinyText.Base.Concat(TinyText.HeldOut).GroupBy(e => e.Prompt);
        Assert.All(all, g => Assert.Single(g.Select(e => e.Plain).Distinct()));
        var json = TinyText.Adapter.Concat(TinyText.HeldOut).GroupBy(e => e.Prompt);
        Assert.All(json, g => Assert.Single(g.Select(e => e.Json).Distinct()));
    }

    [Fact]
    public void The_base_file_never_shows_the_json_form()
    {
        foreach (var line in Lines(TinyText.BaseFile()))
            Assert.DoesNotContain("{\"", Text(line, "completion"));
    }

    static IEnumerable<JsonElement> Lines(string file) =>
        file.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement);

    static string Text(JsonElement line, string key) => line.GetProperty(key).GetString()!;

    static string Committed(string name)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "PureLora.sln")))
            folder = folder.Parent ?? throw new InvalidOperationException("the tests run outside the repository");
        return File.ReadAllText(Path.Combine(folder.FullName, "examples", "quickstart", name));
    }
}
