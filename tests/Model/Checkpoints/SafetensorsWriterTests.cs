namespace PureLora.Tests;

public class SafetensorsWriterTests
{
    static readonly TensorSource Good = TensorSource.FromFloats("a", [2], new float[2]);

    public static TheoryData<string, TensorSource[]> Faults => new()
    {
        { "tensor 'a' is 4 bytes, but F32 [2] needs 8.", [TensorSource.FromFloats("a", [2], new float[1])] },
        { "tensor 'a' is 12 bytes, but F32 [2] needs 8.", [TensorSource.FromFloats("a", [2], new float[3])] },
        { "tensor 'a' is reserved, there twice or not Unicode, but a name needs to be unique and valid.", [Good, Good] },
        { "tensor '__metadata__' is reserved, there twice or not Unicode, but a name needs to be unique and valid.", [Good with { Name = "__metadata__" }] },
        { "tensor '\\ud800' is reserved, there twice or not Unicode, but a name needs to be unique and valid.", [Good with { Name = "\ud800" }] },
        { "tensor 'a' is F32 [-2], but a size needs to be countable.", [Good with { Shape = [-2] }] },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_wrong_source_leaves_the_old_file(string message, TensorSource[] sources)
    {
        using var scratch = new ScratchFolder();
        string path = scratch.File("m.safetensors");
        SafetensorsWriter.Write(path, [Good]);
        byte[] old = File.ReadAllBytes(path);
        Assert.Equal($"{path}: {message}", Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(path, sources)).Message);
        Assert.Equal(old, File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFileSystemEntries(scratch.Path));
    }

    [Fact]
    public void A_disk_that_fills_half_way_leaves_the_old_file()
    {
        using var scratch = new ScratchFolder();
        string path = scratch.File("m.safetensors");
        SafetensorsWriter.Write(path, [Good]);
        byte[] old = File.ReadAllBytes(path);
        var failing = new TensorSource("b", DType.F32, [100_000], stream =>
        {
            stream.Write(new byte[300_000]);
            throw new IOException("No space left on device", OperatingSystem.IsWindows() ? unchecked((int)0x80070070) : 28);
        });
        string message = Assert.Throws<PureLoraException>(() => SafetensorsWriter.Write(path, [Good, failing])).Message;
        Assert.Equal($"{path}: the disk is full. Free some space or choose another folder.", message);
        Assert.Equal(old, File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFileSystemEntries(scratch.Path));
    }

    [Fact]
    public void Floats_beyond_the_length_of_an_array_are_written_in_pieces()
    {
        const long count = int.MaxValue + 100_000L;
        long next = 0;
        using var stream = new Counter();
        TensorSource.FromReader("head", [count], count, (first, values) =>
        {
            Assert.Equal(next, first);
            next += values.Length;
        }, DType.F32).Write(stream);
        Assert.Equal((count, 4 * count), (next, stream.Length));
    }

    [SkippableFact]
    public void A_tensor_beyond_the_length_of_an_array_is_read_in_pieces()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows writes the gap of a sparse file.");
        const long count = (1L << 31) + 10;
        using var scratch = new ScratchFolder();
        string path = scratch.File("m.safetensors");
        var header = System.Text.Encoding.UTF8.GetBytes($$$"""{"a":{"dtype":"BF16","shape":[{{{count}}}],"data_offsets":[0,{{{2 * count}}}]}}""");
        using (var stream = File.Create(path))
        {
            stream.Write(BitConverter.GetBytes((long)header.Length));
            stream.Write(header);
            stream.SetLength(8 + header.Length + (2 * count));
            stream.Position = stream.Length - 2;
            stream.Write([0x20, 0x40]);
        }
        using var file = SafetensorsFile.Open(path);
        var last = new float[3];
        file.Floats("a")(count - 3, last);
        Assert.Equal([0f, 0f, 2.5f], last);
        Assert.Equal($"{path}: tensor 'a' has {count} numbers, but reading it at once needs at most {Array.MaxLength}. Use a checkpoint with smaller tensors here.",
            Assert.Throws<PureLoraException>(() => file.ReadFloats("a")).Message);
    }

    sealed class Counter : Stream
    {
        long length;

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => length;

        public override long Position { get => length; set => throw new NotSupportedException(); }

        public override void Write(ReadOnlySpan<byte> buffer) => length += buffer.Length;

        public override void Write(byte[] buffer, int offset, int count) => length += count;

        public override void Flush() { }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }

    /// <summary>The old mapping keeps the old bytes: the new file is another one under the same name.</summary>
    [SkippableFact]
    public void A_file_can_be_replaced_by_its_own_tensors()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows does not replace a mapped file.");
        using var scratch = new ScratchFolder();
        string path = scratch.File("m.safetensors");
        SafetensorsWriter.Write(path, [TensorSource.FromFloats("a", [2], new[] { 1f, 2f })]);
        using var file = SafetensorsFile.Open(path);
        SafetensorsWriter.Write(path, [TensorSource.FromFile(file, "a", "b"), TensorSource.FromFloats("c", [1], new[] { 3f })]);
        Assert.Equal([1f, 2f], file.ReadFloats("a"));
        using var written = SafetensorsFile.Open(path);
        Assert.Equal([1f, 2f], written.ReadFloats("b"));
        Assert.Equal([3f], written.ReadFloats("c"));
    }

    /// <summary>Halves are narrowed piece by piece; the length is no multiple of a piece.</summary>
    [Fact]
    public void Long_tensors_are_narrowed_whole()
    {
        using var scratch = new ScratchFolder();
        string path = scratch.File("m.safetensors");
        float[] values = [.. Enumerable.Range(0, 5001).Select(i => i * 0.37f - 900)];
        SafetensorsWriter.Write(path, [TensorSource.FromFloats("f", [5001], values, DType.F16), TensorSource.FromFloats("b", [3, 1667], values, DType.BF16)]);
        using var file = SafetensorsFile.Open(path);
        Assert.Equal(values.Select(x => (float)(Half)x), file.ReadFloats("f"));
        Assert.Equal(values.Select(x => HalfFloats.FromBF16(HalfFloats.ToBF16(x))), file.ReadFloats("b"));
    }
}
