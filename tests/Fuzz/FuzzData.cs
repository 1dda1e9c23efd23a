using System.Text;
using Parquet;
using Parquet.Schema;
using Parquet.Serialization;

namespace PureLora.Tests;

/// <summary>Data sets to break, one of each form, and the way from a file of them to examples.</summary>
static class FuzzData
{
    public const long Floor = 32 << 20;

    /// <summary>
    /// What is counted is all that was ever allocated, most of it dropped at once: a record of sixteen bytes can get a prompt of
    /// two hundred around it, and is tokenized (17 KB measured). The store that is left has four bytes a token.
    /// </summary>
    public const int Fold = 2000;

    static readonly string[] records =
    [
        """{"text": "Once upon a time é \ud83d\ude00 there was a compiler."}""",
        """{"prompt": "Translate: cheese\n", "completion": "fromage"}""",
        """{"instruction": "Add.", "input": "1 + 1", "output": "2"}""",
        """{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yes", "weight": 1}], "tools": [{"type": "function"}]}""",
        """{"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Yes"}]}""",
        """{"instruction": "Add.", "instances": [{"input": "1", "output": "2"}]}""",
        """{"input_ids": [1, 2, 3, 2], "labels": [-100, 2, 3, 2]}""",
        """{"prompt": "Hi", "chosen": "Yes", "rejected": "No"}""",
    ];

    static readonly Lazy<(ExampleEncoder Encoder, Vocabulary Vocabulary, TrainConfig Config)> reading = new(() =>
    {
        var config = new TrainConfig { MaxSeqLength = 64, Threads = 1 };
        var folder = Path.Combine(Repository.Root, "examples", "tiny-base");
        var vocabulary = Vocabulary.Of(TextTokenizer.Load(folder), []);
        return (new ExampleEncoder(vocabulary, config, ChatTemplates.Of("chatml", folder, vocabulary)), vocabulary, config);
    });

    public static void Read(string path)
    {
        var (encoder, vocabulary, config) = reading.Value;
        using var examples = new DataReader(encoder, vocabulary, config).Read([path]).Examples;
    }

    /// <summary>Each form thrice, and the first lines of real sets.</summary>
    public static List<byte[]> Lines()
    {
        List<byte[]> seeds = [.. records.Select(record => Encoding.UTF8.GetBytes($"{record}\n{record}\n\n{record}\n"))];
        if (Golden.Fixtures is { } fixtures)
            seeds.AddRange(Directory.EnumerateFiles(Path.Combine(fixtures, "data"), "*.jsonl", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
                .Select(file => Encoding.UTF8.GetBytes(string.Join('\n', File.ReadLines(file).Take(4)))));
        return seeds;
    }

    public static List<byte[]> Lists() => [.. records.Select(record => Encoding.UTF8.GetBytes($"[{record},\n {record}]")), Encoding.UTF8.GetBytes($$"""{"data": [{{records[0]}}]}""")];

    public static List<byte[]> Tables() =>
    [
        Encoding.UTF8.GetBytes("prompt,completion\n\"a, \"\"b\"\"\nc\",d\ne,f\n"),
        Encoding.UTF8.GetBytes("\uFEFFinstruction;input;output\nAdd.;1;2\nAdd.;;\"3\n4\"\n"),
        Encoding.UTF8.GetBytes("text\nOnce\nupon é\n"),
    ];

    public static List<byte[]> Parquets()
    {
        var schema = new ParquetSchema(
            new DataField<string>("prompt"), new DataField<string>("completion"),
            new ListField("messages", new StructField("element", new DataField<string>("role"), new DataField<string>("content"))));
        return [Written(CompressionMethod.None), Written(CompressionMethod.Snappy), Written(CompressionMethod.Gzip)];

        byte[] Written(CompressionMethod method)
        {
            var rows = Enumerable.Range(0, 20).Select(i => (IDictionary<string, object?>)new Dictionary<string, object?>
            {
                ["prompt"] = i % 3 == 0 ? null : $"p{i}",
                ["completion"] = "yes yes yes",
                ["messages"] = new List<IDictionary<string, object?>> { new Dictionary<string, object?> { ["role"] = "user", ["content"] = $"é{i}" } },
            }).ToList();
            var stream = new MemoryStream();
            Task.Run(() => ParquetSerializer.SerializeUntypedAsync(rows, schema, stream, new ParquetOptions { RowGroupSize = 8, CompressionMethod = method })).GetAwaiter().GetResult();
            return stream.ToArray();
        }
    }
}
