using System.Text;
using CsCheck;

namespace PureLora.Tests;

public class SafetensorsRoundTripTests
{
    sealed record Piece(string Name, DType Type, long[] Shape, byte[] Bytes);

    static readonly Gen<string> Names = Gen.OneOf(
        Gen.String[0, 12],
        Gen.OneOf("模型.层", "naïve", "emoji 😀", "a\"b\\c", "line\nbreak", "model.layers.0.weight", "\u2028", "\uFEFF", ""));

    static readonly Gen<Piece> Pieces =
        from name in Names
        from type in Gen.Enum<DType>()
        from shape in Gen.Long[0, 4].Array[0, 4]
        from bytes in Gen.Byte.Array[(int)shape.Aggregate((long)type.Size(), (a, b) => a * b)]
        select new Piece(name, type, shape, bytes);

    static readonly Gen<Piece[]> Files = Pieces.Array[0, 8].Select(
        pieces => pieces.Where(p => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(p.Name)) == p.Name).DistinctBy(p => p.Name).ToArray());

    [Fact]
    public void What_is_written_is_read_and_its_order_does_not_matter() => Files.Sample(pieces =>
    {
        using var scratch = new ScratchFolder();
        string path = scratch.File("a.safetensors"), other = scratch.File("b.safetensors");
        var sources = pieces.Select(p => TensorSource.FromBytes(p.Name, p.Type, p.Shape, p.Bytes)).ToArray();
        SafetensorsWriter.Write(path, sources);
        SafetensorsWriter.Write(other, sources.Reverse());
        Assert.Equal(File.ReadAllBytes(path), File.ReadAllBytes(other));
        using var file = SafetensorsFile.Open(path);
        Assert.Equal(pieces.Select(p => p.Name).Order(StringComparer.Ordinal), file.Tensors.Keys);
        foreach (var piece in pieces)
        {
            var info = file.Info(piece.Name);
            Assert.Equal((piece.Name, piece.Type), (info.Name, info.DType));
            Assert.Equal(piece.Shape, info.Shape);
            Assert.Equal(piece.Bytes, file.Bytes(piece.Name).ToArray());
            Assert.Equal(0, info.Offset % piece.Type.Size());
        }
    }, iter: 200);

    [Fact]
    public void Metadata_is_kept_in_order()
    {
        using var scratch = new ScratchFolder();
        string path = scratch.File("a.safetensors");
        SafetensorsWriter.Write(path, [], new Dictionary<string, string> { ["z"] = "ü", ["a"] = "\"" });
        using (var file = SafetensorsFile.Open(path))
            Assert.Equal([new("a", "\""), new("z", "ü")], file.Metadata);
        SafetensorsWriter.Write(path, [], new Dictionary<string, string>());
        Assert.Equal("\u0008\0\0\0\0\0\0\0{}      ", Encoding.UTF8.GetString(File.ReadAllBytes(path)));
    }

    [Fact]
    public void The_bytes_are_the_formats_own()
    {
        using var scratch = new ScratchFolder();
        string path = scratch.File("a.safetensors");
        SafetensorsWriter.Write(path,
        [
            TensorSource.FromBytes("a", DType.U8, [3], new byte[] { 1, 2, 3 }),
            TensorSource.FromFloats("b", [1, 1], new[] { 1.5f }),
        ]);
        string header = """{"__metadata__":{"format":"pt"},"b":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]},"a":{"dtype":"U8","shape":[3],"data_offsets":[4,7]}}""".PadRight(144);
        byte[] expected = [144, 0, 0, 0, 0, 0, 0, 0, .. Encoding.UTF8.GetBytes(header), 0, 0, 0xC0, 0x3F, 1, 2, 3];
        Assert.Equal(expected, File.ReadAllBytes(path));
    }

    [Fact]
    public void Numbers_of_every_type_are_read()
    {
        using var scratch = new ScratchFolder();
        string path = scratch.File("a.safetensors");
        float[] values = [1.5f, -2, 3.0009765f, 65504];
        SafetensorsWriter.Write(path,
        [
            TensorSource.FromFloats("f32", [4], values),
            TensorSource.FromFloats("bf16", [2, 2], values, DType.BF16),
            TensorSource.FromFloats("f16", [4], values, DType.F16),
            TensorSource.FromDoubles("f64", [2], new[] { 0.1, -1e300 }),
            TensorSource.FromInts("i64", [2], new[] { long.MinValue, 7 }),
            TensorSource.FromBytes("i32", DType.I32, [1], new byte[] { 0xFE, 0xFF, 0xFF, 0xFF }),
            TensorSource.FromBytes("u32", DType.U32, [1], new byte[] { 0xFE, 0xFF, 0xFF, 0xFF }),
            TensorSource.FromBytes("i16", DType.I16, [1], new byte[] { 0xFE, 0xFF }),
            TensorSource.FromBytes("u16", DType.U16, [1], new byte[] { 0xFE, 0xFF }),
            TensorSource.FromBytes("i8", DType.I8, [1], new byte[] { 0xFE }),
            TensorSource.FromBytes("u8", DType.U8, [1], new byte[] { 0xFE }),
            TensorSource.FromBytes("bool", DType.Bool, [2], new byte[] { 1, 0 }),
            TensorSource.FromBytes("u64", DType.U64, [1], new byte[] { 0, 0, 0, 0, 0, 0, 0, 0x80 }),
        ]);
        using var file = SafetensorsFile.Open(path);
        Assert.Equal(values, file.ReadFloats("f32"));
        Assert.Equal([1.5f, -2, 3, 65536], file.ReadFloats("bf16"));
        Assert.Equal([1.5f, -2, 3, 65504], file.ReadFloats("f16"));
        Assert.Equal([0.1f, float.NegativeInfinity], file.ReadFloats("f64"));
        Assert.Equal([0.1, -1e300], file.ReadDoubles("f64"));
        Assert.Equal([1.5, -2, 3.0009765f, 65504], file.ReadDoubles("f32"));
        Assert.Equal([long.MinValue, 7], file.ReadInts("i64"));
        Assert.Equal([-2, 4294967294, -2, 65534, -2, 254, 1],
            ((string[])["i32", "u32", "i16", "u16", "i8", "u8", "bool"]).Select(n => file.ReadInts(n)[0]));
        Says($"{path}: tensor 'u64' holds 9223372036854775808, but a signed 64-bit integer needs at most 9223372036854775807. Store it as I64.", () => file.ReadInts("u64"));
        Says($"{path}: tensor 'i8' is I8 [1], but reading it needs F32, BF16, F16 or F64. Store it in that type.", () => file.ReadFloats("i8"));
        Says($"{path}: tensor 'f16' is F16 [4], but reading it needs an integer type. Store it in that type.", () => file.ReadInts("f16"));
        Says($"{path}: tensor 'none' is missing. Check that the file belongs to this model.", () => file.ReadInts("none"));
    }

    static void Says(string message, Action action) => Assert.Equal(message, Assert.Throws<PureLoraException>(action).Message);
}
