using System.Text.Json.Nodes;

namespace PureLora.Tests;

/// <summary>Data from files to a trained adapter, and the check before it.</summary>
public sealed class DataCommandTests(TinyFolder tiny) : IClassFixture<TinyFolder>, IDisposable
{
    readonly ScratchFolder scratch = new();

    static JsonNode Results(params string[] args)
    {
        var (code, output, error) = ProgramTests.Run(args);
        Assert.True(code == 0, error);
        return JsonNode.Parse(output)!;
    }

    string Write(string name, params string[] lines)
    {
        File.WriteAllLines(scratch.File(name), lines);
        return scratch.File(name);
    }

    [Theory]
    [InlineData("a")]
    [InlineData("a,t")]
    public void The_settings_of_a_run_say_alpaca_only_if_all_its_prompts_had_those_words(string sets)
    {
        Write("a", """{"instruction": "The cat", "output": " red."}""");
        Write("t", """{"text": "The dog 1 is red."}""");
        var output = scratch.File($"out-{sets.Length}");
        var files = string.Join(',', sets.Split(',').Select(scratch.File));
        Assert.Equal(0, ProgramTests.Run(tiny.TrainArguments(output, $"train-file={files}", "eval-file=", "max-steps=1", "truncation-side=left")).Code);
        Assert.Equal(sets == "a", File.ReadAllText(Path.Combine(output, "purelora.yaml")).Contains("prompt_template: \"alpaca\""));
        Assert.Equal(0, ProgramTests.Run("train", "--config", Path.Combine(output, "purelora.yaml"), "--output-dir", output + "-again").Code);
    }

    [Fact]
    public void The_check_counts_what_training_will_see()
    {
        var results = Results("data", "--model", tiny.Base, "--train-file", tiny.Train, "--eval-file", tiny.Eval, "--packing", "--json");
        var set = results["sets"]![0]!;
        Assert.Equal((18, 18, 0), ((int)set["examples"]!, (int)set["records"]!, (int)set["duplicates"]!));
        Assert.Equal((long)set["trained_tokens"]!, (long)set["roles"]!["completion"]!["trained"]! + 18);
        Assert.InRange((int)set["rows"]!, 1, 17);
        Assert.Equal(4, (int)results["sets"]![1]!["examples"]!);
        Assert.Empty(results["findings"]!.AsArray());

        var yaml = Write("run.yaml", $"model: {tiny.Base}", $"train_file: [{tiny.Train}, {tiny.Eval}]", "train_weights: [1, 3]", "validation_split: 2");
        results = Results("data", yaml, "--json");
        Assert.Equal(20, (int)results["sets"]![0]!["examples"]!);
        Assert.Equal(2, (int)results["sets"]![1]!["examples"]!);
        Assert.Equal(2, results["warnings"]!.AsArray().Count);
    }

    [Fact]
    public void An_example_is_shown_token_by_token()
    {
        var (code, output, _) = ProgramTests.Run("data", "--model", tiny.Base, "--train-file", tiny.Train, "--example", "2");
        Assert.Equal(0, code);
        Assert.StartsWith($"example 2 of 18, {tiny.Train}:2: ", output);
        Assert.DoesNotContain("\u001b", output);
        var shown = output.Split(Environment.NewLine)[1..^1];
        Assert.Equal("<s>The dog 0 is", string.Concat(shown.Where(line => line[7] == ' ').Select(line => line.Split('"')[1])));
        Assert.Equal(" red.</s>", string.Concat(shown.Where(line => line[7] == '+').Select(line => line.Split('"')[1])));
        Assert.Equal(2, ProgramTests.Run("data", "--model", tiny.Base, "--train-file", tiny.Train, "--example", "19").Code);
    }

    [Fact]
    public void What_stops_training_stops_the_check_with_all_that_was_found()
    {
        var path = Write("data.jsonl", """{"text": "Ã© red"}""", """{"text": "â€™ green"}""");
        string[] flags = ["--model", tiny.Base, "--train-file", path, "--train-eos", "false"];
        var (code, output, error) = ProgramTests.Run(["data", .. flags]);
        Assert.Equal(1, code);
        Assert.Contains("error      eos-not-trained: ", output);
        Assert.Contains("error      mojibake: ", output);
        Assert.StartsWith($"error: {path}:1: no example trains a token at which generation ends", error);
        Assert.EndsWith($"Also found: mojibake; purelora data shows all.{Environment.NewLine}", error);
        Assert.Equal(error, ProgramTests.Run(["train", .. flags, "--output-dir", scratch.File("out"), "--max-steps", "1"]).Error);
        Assert.False(Directory.Exists(scratch.File("out")));
        Assert.Equal(0, ProgramTests.Run(["data", .. flags, "--allow", "mojibake", "--allow", "eos-not-trained"]).Code);
    }

    [Fact]
    public void Preferences_are_checked_and_not_trained_on()
    {
        var path = Write("pairs.jsonl", """{"prompt": "a", "chosen": "b", "rejected": "c"}""");
        Assert.Equal(1, (int)Results("data", "--model", tiny.Base, "--train-file", path, "--json")["sets"]![0]!["preferences"]!);
        var (code, _, error) = ProgramTests.Run(tiny.TrainArguments(scratch.File("out"), $"train-file={path}", "eval-file="));
        Assert.Equal(1, code);
        Assert.Contains("the records are pairs of a chosen and a rejected answer, but train needs examples with one answer", error);
    }

    [Fact]
    public void A_chat_is_trained_and_its_adapter_keeps_to_its_template()
    {
        var chats = Write("chats.jsonl", [.. Enumerable.Range(0, 6).Select(i => $$"""{"messages": [{"role": "user", "content": "The cat {{i}} is"}, {"role": "assistant", "content": "red."}]}""")]);
        var template = Write("t.jinja", "{% for m in messages %}{{ m.content + eos_token }}{% endfor %}");
        var output = scratch.File("out");
        string[] flags = [$"train-file={chats}", $"eval-file={chats}"];
        Assert.Contains("the record is a chat, but the model has no chat template and it needs one", ProgramTests.Run(tiny.TrainArguments(output, flags)).Error);
        Assert.Equal(0, ProgramTests.Run(tiny.TrainArguments(output, [.. flags, $"chat-template={template}"])).Code);
        Assert.Equal(File.ReadAllText(template), File.ReadAllText(Path.Combine(output, "chat_template.jinja")));
        Assert.Contains($"chat_template_sha256: \"{ChatTemplate.Parse(File.ReadAllText(template), "t").Hash}\"", File.ReadAllText(Path.Combine(output, "purelora.yaml")));

        string[] generate = ["generate", "--model", tiny.Base, "--adapter", output, "--prompt", "The cat"];
        Assert.Equal(0, ProgramTests.Run(generate).Code);
        Assert.Equal(0, ProgramTests.Run("merge", "--model", tiny.Base, "--adapter", output, "--out", scratch.File("merged")).Code);
        Assert.Equal(File.ReadAllText(template), File.ReadAllText(Path.Combine(scratch.File("merged"), "chat_template.jinja")));

        File.AppendAllText(Path.Combine(output, "chat_template.jinja"), " ");
        var hash = ChatTemplate.Parse(File.ReadAllText(template), "t").Hash;
        foreach (var command in new[] { generate, ["merge", "--model", tiny.Base, "--adapter", output, "--out", scratch.File("second")] })
        {
            var (code, _, error) = ProgramTests.Run(command);
            Assert.Equal(1, code);
            Assert.Contains($"{Path.Combine(output, "chat_template.jinja")}: the chat template has the hash ", error);
            Assert.Contains($"but {output} was trained with {hash} and needs that one. Put it back", error);
        }
        Assert.False(Directory.Exists(scratch.File("second")));
    }

    [Fact]
    public void An_adapter_of_instructions_answers_in_the_words_of_Alpaca()
    {
        var path = Write("alpaca.jsonl", """{"instruction": "a", "output": "b"}""");
        Assert.Equal(0, ProgramTests.Run(tiny.TrainArguments(scratch.File("out"), $"train-file={path}", "eval-file=", "truncation-side=left", "allow=nothing-trained")).Code);
        Assert.Contains("prompt_template: \"alpaca\"", File.ReadAllText(Path.Combine(scratch.File("out"), "purelora.yaml")));
    }

    [Fact]
    public void Packed_sets_of_several_files_train_the_same_twice_and_on_any_threads()
    {
        string[] flags = [$"train-file={tiny.Train},{tiny.Eval}", "train-weights=2,1", "eval-file=", "validation-split=0.2", "packing=true", "max-steps=5"];
        string Hash(string name, string threads) => (string)Results(tiny.TrainArguments(scratch.File(name), [.. flags, $"threads={threads}"]))["run_hash"]!;
        var first = Hash("a", "1");
        Assert.Equal(first, Hash("b", "1"));
        Assert.Equal(first, Hash("c", "3"));
    }

    [SkippableTheory]
    [InlineData("e2e")]
    [InlineData("tinystories")]
    [InlineData("wikisql")]
    [InlineData("wwdc25")]
    [InlineData("formats/sharegpt.json", "--chat-template=chatml")]
    [InlineData("formats/seed_tasks.jsonl", "--truncation-side=left")]
    [InlineData("formats/instruction-data-with-preference.json", "--data-form=alpaca")]
    public void Real_data_sets_train_as_they_are(string name, params string[] more)
    {
        var fixtures = Environment.GetEnvironmentVariable("PURELORA_FIXTURES");
        Skip.If(fixtures is null, "PURELORA_FIXTURES names no folder with data/ and models/");
        string[] flags = ["--model", Path.Combine(fixtures!, "models", "stories260K"), "--train-file", Path.Combine(fixtures!, "data", name), .. more];
        var results = Results(["train", .. flags, "--output-dir", scratch.File("out"), "--max-steps", "1", "--max-seq-length", "256", "--per-device-train-batch-size", "2", "--packing", "--json"]);
        Assert.Equal(1, (int)results["steps"]!);
    }

    [SkippableFact]
    public void A_table_of_numbers_is_told_not_to_be_text()
    {
        var fixtures = Environment.GetEnvironmentVariable("PURELORA_FIXTURES");
        Skip.If(fixtures is null, "PURELORA_FIXTURES names no folder with data/");
        var (code, _, error) = ProgramTests.Run("data", "--model", tiny.Base, "--train-file", Path.Combine(fixtures!, "data", "digits"));
        Assert.Equal(1, code);
        Assert.Contains("the first line is 65 numbers, but a CSV file needs the names of its columns there", error);
    }

    public void Dispose() => scratch.Dispose();
}
