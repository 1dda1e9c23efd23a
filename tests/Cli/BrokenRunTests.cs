namespace PureLora.Tests;

/// <summary>Runs that must fail: one line, the right exit code, and nothing half written.</summary>
public sealed class BrokenRunTests(TinyFolder tiny) : IClassFixture<TinyFolder>, IDisposable
{
    readonly ScratchFolder scratch = new();

    string Out => scratch.File("out");

    [Fact]
    public void An_output_folder_with_other_files_is_left_alone()
    {
        Directory.CreateDirectory(Out);
        File.WriteAllText(Path.Combine(Out, "mine.txt"), "mine");
        Fails(1, $"{Out}: it exists and holds files of another kind, but output_dir needs a new folder, or one that an earlier run made. Choose another output_dir.", tiny.TrainArguments(Out));
        Fails(1, $"{Out}: it exists and is not empty, but the model needs a folder of its own. Choose another name, or remove it first.", "merge", "--model", tiny.Base, "--adapter", scratch.File("none"), "--out", Out);
        Assert.Equal(["mine.txt"], EndToEndTests.Files(Out));
        Fails(1, $"{tiny.Train}: it is a file, but output_dir needs a folder. Choose another name.", tiny.TrainArguments(tiny.Train));
        Fails(1, $"{tiny.Base}: it exists and holds files of another kind, but output_dir needs a new folder, or one that an earlier run made. Choose another output_dir.", tiny.TrainArguments(tiny.Base, "method=full"));
    }

    [Theory]
    [InlineData("", "{0}: the number of records is 0, but training needs at least 1. Write one JSON object a line, {\"text\": ...}, {\"prompt\": ..., \"completion\": ...} or {\"messages\": [...]}.")]
    [InlineData("{\"text\": \"a\"}\n\n{\"text\": b}\n", "{0}:3: the JSON is broken at byte 10, but a data file needs one whole JSON object a line. Correct this line or remove it.")]
    [InlineData("{\"text\": \"a\"}\n{\"prompt\": \"a\", \"completion\": \"b\"}\n", "{0}:2: the record's keys are \"prompt\", \"completion\", but data of the form text needs {\"text\": ...} in every record. Correct this record, or split the file in two and give both to train_file.")]
    public void Bad_data_leaves_nothing(string text, string message)
    {
        var path = scratch.File("data.jsonl");
        File.WriteAllText(path, text);
        foreach (var key in (string[])["train-file", "eval-file"])
        {
            Fails(1, message.Replace("{0}", path), tiny.TrainArguments(Out, $"{key}={path}"));
            Assert.False(Directory.Exists(Out));
        }
    }

    [Fact]
    public void Bad_data_in_a_second_run_leaves_the_first_result()
    {
        Assert.Equal(0, ProgramTests.Run(tiny.TrainArguments(Out)).Code);
        var before = Snapshot(Out);
        Fails(1, $"{scratch.File("none")}: the data file is missing, but training needs it. Check the path, which starts at {Directory.GetCurrentDirectory()}.", tiny.TrainArguments(Out, $"train-file={scratch.File("none")}"));
        Fails(2, "target_modules: 'query' matches no linear of the model, which has q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj, lm_head. Use one of these names, or all-linear.", tiny.TrainArguments(Out, "target-modules=query"));
        Assert.Equal(before, Snapshot(Out));
    }

    [Fact]
    public void A_prompt_that_fills_the_context_is_refused_or_left_out_if_that_is_allowed()
    {
        var path = scratch.File("data.jsonl");
        File.WriteAllLines(path, [$$"""{"prompt": "{{new string('x', 70)}}", "completion": "y"}""", File.ReadLines(tiny.Train).First()]);
        Fails(1, $"{path}:1: the number of trained tokens within max_seq_length 64 is 0 in 1 example of 2 (its first trained token is number 72 here), but training needs at least 1. Raise max_seq_length, set truncation_side to left or drop, or correct train_on and the flags of messages, or let it pass with allow: [nothing-trained].", tiny.TrainArguments(scratch.File("second"), $"train-file={path}"));
        var (code, _, error) = ProgramTests.Run(tiny.TrainArguments(Out, $"train-file={path}", "allow=nothing-trained"));
        Assert.Equal(0, code);
        Assert.Contains($"{path}: 1 of 2 examples was left out, with no trained token within max_seq_length 64.", error);
        Assert.Contains("allow: \"nothing-trained\"", File.ReadAllText(Path.Combine(Out, "purelora.yaml")));

        File.WriteAllLines(path, File.ReadAllLines(path)[..1]);
        Fails(1, $"{path}: the number of examples with a trained token within max_seq_length 64 is 0, but training needs at least 1. Raise max_seq_length to 72 or more (the longest example has 73 tokens).", tiny.TrainArguments(scratch.File("second"), $"train-file={path}"));
        Assert.False(Directory.Exists(scratch.File("second")));
        Fails(2, "max_seq_length: the value is 65, but the model has 64 positions. Lower it.", tiny.TrainArguments(scratch.File("second"), "max-seq-length=65"));
    }

    [Fact]
    public void An_unknown_key_names_the_nearest()
    {
        var path = scratch.File("run.yaml");
        File.WriteAllText(path, "model: m\nlora_alhpa: 8\n");
        var (code, output, error) = ProgramTests.Run("train", "--config", path);
        Assert.Equal((2, ""), (code, output));
        Assert.StartsWith($"error: {path}, line 2: ", error);
        Assert.Contains("lora_alpha", error);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    [Fact]
    public void A_tokenizer_larger_than_the_model_is_refused_before_anything_is_written()
    {
        var folder = Copy(tiny.Base, "small", config => config.Replace("293", "270"));
        using (var file = SafetensorsFile.Open(Path.Combine(tiny.Base, "model.safetensors")))
            SafetensorsWriter.Write(Path.Combine(folder, "model.safetensors"), [.. file.Tensors.Values.Select(t =>
                t.Shape[0] == 293 ? TensorSource.FromFloats(t.Name, [270, 40], file.ReadFloats(t.Name).AsMemory(0, 270 * 40)) : TensorSource.FromFloats(t.Name, t.Shape, file.ReadFloats(t.Name)))]);
        var (code, _, error) = ProgramTests.Run(tiny.TrainArguments(Out, $"model={folder}"));
        Assert.Equal(1, code);
        Assert.Matches($"^error: {folder}: the tokenizer gives id 2[789][0-9] at {tiny.Train}:[0-9]+, but the model needs ids below 270\\. Use the tokenizer that came with the model\\.\\s*$", error);
        Assert.False(Directory.Exists(Out));
    }

    [Fact]
    public void A_pad_token_that_the_model_does_not_know_is_no_hindrance()
    {
        Assert.Equal(0, ProgramTests.Run(tiny.TrainArguments(Out)).Code);
        var folder = Copy(tiny.Base, "padded", config => config);
        var tokenizer = Path.Combine(folder, "tokenizer.json");
        const string added = """{"id": 293, "content": "[PAD]", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true}, """;
        File.WriteAllText(tokenizer, File.ReadAllText(tokenizer).Replace("\"added_tokens\": [", "\"added_tokens\": [" + added));
        var settings = Path.Combine(folder, "tokenizer_config.json");
        File.WriteAllText(settings, File.ReadAllText(settings).Replace("<pad>", "[PAD]"));
        Assert.Equal(293, TextTokenizer.Load(folder).PadId);
        var (code, _, error) = ProgramTests.Run(tiny.TrainArguments(scratch.File("second"), $"model={folder}"));
        Assert.True(code == 0, error);
        Assert.Equal(File.ReadAllBytes(Path.Combine(Out, "adapter_model.safetensors")), File.ReadAllBytes(scratch.File("second/adapter_model.safetensors")));
    }

    [Fact]
    public void A_missing_model_says_so_before_its_tokenizer_is_looked_for()
    {
        var none = scratch.File("none");
        var message = $"{none}: the folder is missing, but a model needs one with config.json, model.safetensors and tokenizer.json. Check the path.";
        Fails(1, message, tiny.TrainArguments(Out, $"model={none}"));
        Fails(1, message, "generate", "--model", none, "--prompt", "p");
        Fails(1, message, "merge", "--model", none, "--adapter", none, "--out", Out);
        Fails(1, message, "info", none);
        Fails(1, message, "forward", "--model", none, "--input", none, "--out", Out);
        Assert.Empty(Directory.GetFileSystemEntries(scratch.Path));
    }

    [Fact]
    public void A_folder_with_a_result_of_the_other_method_is_refused()
    {
        Assert.Equal(0, ProgramTests.Run(tiny.TrainArguments(Out)).Code);
        var before = Snapshot(Out);
        Fails(1, $"{Out}: it holds adapter_config.json of an earlier run, but method full needs a folder without it. Choose another output_dir.", tiny.TrainArguments(Out, "method=full"));
        Assert.Equal(before, Snapshot(Out));

        var full = scratch.File("full");
        Assert.Equal(0, ProgramTests.Run(tiny.TrainArguments(full, "method=full")).Code);
        Fails(1, $"{full}: it holds model.safetensors of an earlier run, but method lora needs a folder without it. Choose another output_dir.", tiny.TrainArguments(full));
        Fails(1, $"{full}: it is the folder of the model too, but output_dir needs another one. Choose another output_dir.", tiny.TrainArguments(full, "method=full", $"model={full}/"));
    }

    [Fact]
    public void Weights_that_are_no_numbers_end_the_run_with_one_line_and_without_an_adapter()
    {
        var folder = Copy(tiny.Base, "nan", config => config);
        using (var file = SafetensorsFile.Open(Path.Combine(tiny.Base, "model.safetensors")))
            SafetensorsWriter.Write(Path.Combine(folder, "model.safetensors"), [.. file.Tensors.Values.Select(t =>
                TensorSource.FromFloats(t.Name, t.Shape, file.ReadFloats(t.Name).Select(v => t.Name == "model.norm.weight" ? float.NaN : v).ToArray()))]);
        var (code, _, error) = ProgramTests.Run(tiny.TrainArguments(Out, $"model={folder}"));
        Assert.Equal(1, code);
        Assert.Contains("error: evaluation after step 0: the loss is NaN, but training needs finite numbers. Check the model's weights, or lower learning_rate.", error);
        AssertUnfinished();
        var (_, _, without) = ProgramTests.Run(tiny.TrainArguments(Out, $"model={folder}", "eval-file="));
        Assert.Contains("error: step 1: the loss is NaN", without);
    }

    [Theory]
    [InlineData("eval-file=", true)]
    [InlineData("eval-steps=1", false)]
    public void A_model_file_that_changes_is_noticed_before_evaluating_and_before_saving(string setting, bool lastStep)
    {
        var folder = Copy(tiny.Base, "changing", config => config);
        var weights = Path.Combine(folder, "model.safetensors");
        var code = Watched("step     2/", () => File.SetLastWriteTimeUtc(weights, DateTime.UnixEpoch), out var said, tiny.TrainArguments(Out, $"model={folder}", setting));
        Assert.Equal(1, code);
        Assert.Equal(lastStep, said.Contains("step     3/"));
        Assert.Contains($"error: {weights}: the file is ", said);
        Assert.Contains("written 1970-01-01 00:00:00Z, but the weights in use need it as it was when opened", said);
        AssertUnfinished();
    }

    [Theory]
    [InlineData("no-labels", 2, "forward: labels are missing from the input, but gradients need a loss. Add labels, or leave out --gradients.")]
    [InlineData("position", 1, "model: a position is 2000000000, but the model needs positions below 64 and not negative. Shorten the sequences, or correct position_ids.")]
    [InlineData("label", 1, "forward: a label is 293, but the vocabulary needs ids below 293. Use the tokenizer that came with the model.")]
    [InlineData("id", 1, "model: a token id is 293, but the vocabulary needs ids below 293 and not negative. Use the tokenizer that came with the model.")]
    public void Forward_refuses_inputs_that_do_not_fit(string what, int code, string message)
    {
        List<TensorSource> tensors = [TensorSource.FromInts("input_ids", [1, 3], (long[])[1, what == "id" ? 293 : 2, 3])];
        if (what != "no-labels")
            tensors.Add(TensorSource.FromInts("labels", [1, 3], (long[])[1, 2, what == "label" ? 293 : 3]));
        if (what == "position")
            tensors.Add(TensorSource.FromInts("position_ids", [1, 3], (long[])[0, 1, 2_000_000_000]));
        SafetensorsWriter.Write(scratch.File("in"), tensors);
        Fails(code, message, "forward", "--model", tiny.Base, "--input", scratch.File("in"), "--out", scratch.File("answer"), "--gradients");
        Assert.Equal(["in"], EndToEndTests.Files(scratch.Path));
    }

    void AssertUnfinished()
    {
        Assert.Equal(["unfinished"], EndToEndTests.Files(Out));
        Assert.Equal(["log.jsonl", "purelora.yaml"], EndToEndTests.Files(Path.Combine(Out, "unfinished")));
    }

    static void Fails(int code, string message, params string[] args)
    {
        var (actual, output, error) = ProgramTests.Run(args);
        Assert.Equal($"error: {message}{Environment.NewLine}", error);
        Assert.Equal((code, ""), (actual, output));
    }

    /// <summary>Runs and acts when a line with <paramref name="word"/> is said.</summary>
    internal static int Watched(string word, Action act, out string said, string[] args, CancellationToken stop = default)
    {
        using var error = new Watcher(word, act);
        var code = Program.Run(args, TextWriter.Null, error, stop);
        said = error.ToString();
        return code;
    }

    sealed class Watcher(string word, Action act) : StringWriter
    {
        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            if (value!.Contains(word, StringComparison.Ordinal))
                act();
        }
    }

    string Copy(string from, string name, Func<string, string> config)
    {
        Directory.CreateDirectory(scratch.File(name));
        foreach (var file in Directory.GetFiles(from))
            File.Copy(file, Path.Combine(scratch.File(name), Path.GetFileName(file)));
        var settings = Path.Combine(scratch.File(name), "config.json");
        File.WriteAllText(settings, config(File.ReadAllText(settings)));
        return scratch.File(name);
    }

    internal static string[] Snapshot(string folder) => [.. Directory.GetFiles(folder).Order(StringComparer.Ordinal).Select(f => $"{f} {Convert.ToHexString(File.ReadAllBytes(f))}")];

    public void Dispose() => scratch.Dispose();
}
