namespace PureLora.Tests;

/// <summary>A data file made for one test, and what reading it gives with a tokenizer of one id a character: 'a' is 10.</summary>
sealed class TestData : IDisposable
{
    public const int Bos = 1, Eos = 2, X = Example.Ignored;

    readonly ScratchFolder scratch = new();

    public string File(string name) => scratch.File(name);

    public string Write(string name, params string[] lines)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(File(name))!);
        System.IO.File.WriteAllLines(File(name), lines);
        return File(name);
    }

    public static Vocabulary Words(bool addsBos = true, int? eos = Eos) => new(Plain, Bos, eos, addsBos);

    public static int[] Plain(string text) => [.. text.Select(c => c - 'a' + 10)];

    /// <summary>Reads one file of these lines; errors call it <c>d.jsonl</c>.</summary>
    public static (ExampleSet Examples, DataReport Report) Read(TrainConfig config, Vocabulary vocabulary, params string[] lines)
    {
        using var data = new TestData();
        var path = data.Write("d.jsonl", lines);
        try
        {
            return new DataReader(new ExampleEncoder(vocabulary, config), vocabulary, config).Read([path]);
        }
        catch (PureLoraException e) when (e.Message.Contains(path, StringComparison.Ordinal))
        {
            var message = e.Message.Replace(path, "d.jsonl", StringComparison.Ordinal);
            throw e is UsageException ? new UsageException(message) : new PureLoraException(message);
        }
    }

    public void Dispose() => scratch.Dispose();
}
