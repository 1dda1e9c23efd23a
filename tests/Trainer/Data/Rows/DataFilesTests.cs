using System.IO.Compression;

namespace PureLora.Tests;

public sealed class DataFilesTests : IDisposable
{
    readonly TestData data = new();

    string[] Of(string name, params string[] splits) => [.. DataFiles.Of(Path.Combine(data.File(""), name), splits).Select(file => Path.GetRelativePath(data.File(""), file).Replace('\\', '/'))];

    [Fact]
    public void Patterns_and_folders_name_files_in_the_order_of_their_names()
    {
        foreach (var name in (string[])["b/2.jsonl", "b/10.jsonl", "b/deep/er/3.jsonl", "b/note.txt", "a/train-1.json", "a/train-0.json", "a/validation.json", "hub/data/train.parquet", "hub/README.md"])
            data.Write(name, "{}");
        Assert.Equal(["b/10.jsonl", "b/2.jsonl"], Of("b/*.jsonl"));
        Assert.Equal(["b/10.jsonl", "b/2.jsonl", "b/deep/er/3.jsonl"], Of("**/*.jsonl"));
        Assert.Equal(["b/2.jsonl"], Of("?/?.jsonl"));
        Assert.Equal(["b/10.jsonl", "b/2.jsonl"], Of("b"));
        Assert.Equal(["a/train-0.json", "a/train-1.json"], Of("a", "train"));
        Assert.Equal(["a/validation.json"], Of("a", "valid", "test"));
        Assert.Equal(["a/train-0.json", "a/train-1.json", "a/validation.json"], Of("a", "dev"));
        Assert.Equal(["hub/data/train.parquet"], Of("hub"));
    }

    [Fact]
    public void What_is_missing_is_named()
    {
        data.Write("b/note.txt", "");
        Assert.StartsWith($"{data.File("none.jsonl")}: the data file is missing, but training needs it. Check the path", Assert.Throws<PureLoraException>(() => Of("none.jsonl")).Message);
        Assert.StartsWith($"{data.File("*.x")}: no file matches", Assert.Throws<PureLoraException>(() => Of("*.x")).Message);
        Assert.Equal($"{data.File("b")}: the folder has no data file, but training needs one that ends in .jsonl, .ndjson, .json, .csv, .tsv or .parquet. Name a file.", Assert.Throws<PureLoraException>(() => Of("b")).Message);
    }

    [Fact]
    public void Gzip_is_unpacked_and_its_damage_is_told()
    {
        using (var file = new GZipStream(File.Create(data.File("d.csv.gz")), CompressionLevel.Fastest))
            file.Write("text\nabc\n"u8);
        Assert.Equal("""{"text":"abc"}""", Assert.Single(DataFiles.Rows(data.File("d.csv.gz"))).Parse().ToString());
        File.WriteAllBytes(data.File("e.csv.gz"), File.ReadAllBytes(data.File("d.csv.gz")).Select((b, i) => i == 0 ? (byte)7 : b).ToArray());
        Assert.Equal($"{data.File("e.csv.gz")}: the file is no whole gzip file, but its name ends in .gz. Download it again.", Assert.Throws<PureLoraException>(() => DataFiles.Rows(data.File("e.csv.gz")).Count()).Message);
    }

    public void Dispose() => data.Dispose();
}
