using System.Buffers.Binary;
using System.Text;
using CsCheck;

namespace PureLora.Tests;

/// <summary>Every way a file can be wrong gets one line that says what, where and what to do.</summary>
public class SafetensorsBrokenTests
{
    const string Again = " Download the file again or write it anew.";

    [Theory]
    // Structure of the JSON.
    [InlineData("[]", 0, "the header is something else at byte 8, but the format needs an object.")]
    [InlineData("7", 0, "the header is something else at byte 8, but the format needs an object.")]
    [InlineData("""{"a":7}""", 0, "tensor 'a' is something else at byte 13, but the format needs an object.")]
    [InlineData("""{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[],"data_offsets":[4,8]}}""", 8, "tensor 'a' is there twice, but a name needs to be unique.")]
    [InlineData("""{"a":{"dtype":"F32","dtype":"F32","shape":[],"data_offsets":[0,4]}}""", 4, "tensor 'a': dtype is there twice, but it needs to be unique.")]
    [InlineData("""{"a":{"shape":[],"data_offsets":[0,4]}}""", 4, "tensor 'a': dtype is missing, but every tensor needs dtype, shape and data_offsets.")]
    [InlineData("""{"a":{"dtype":"F32","data_offsets":[0,4]}}""", 4, "tensor 'a': shape is missing, but every tensor needs dtype, shape and data_offsets.")]
    [InlineData("""{"a":{"dtype":"F32","shape":[]}}""", 4, "tensor 'a': data_offsets is missing, but every tensor needs dtype, shape and data_offsets.")]
    [InlineData("""{"__metadata__":[]}""", 0, "'__metadata__' is something else at byte 24, but the format needs an object.")]
    [InlineData("""{"__metadata__":{"n":1}}""", 0, "metadata 'n' is something else at byte 29, but the format needs a text.")]
    [InlineData("""{"__metadata__":{"n":"1","n":"2"}}""", 0, "metadata 'n' is there twice, but a name needs to be unique.")]
    [InlineData("""{"__metadata__":{},"__metadata__":{}}""", 0, "'__metadata__' is there twice, but a name needs to be unique.")]
    // Types and shapes.
    [InlineData("""{"a":{"dtype":32,"shape":[],"data_offsets":[0,4]}}""", 4, "tensor 'a': dtype is something else at byte 22, but the format needs a text.")]
    [InlineData("""{"a":{"dtype":"F32","shape":4,"data_offsets":[0,4]}}""", 4, "tensor 'a': shape is something else at byte 36, but the format needs a list of numbers.")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", 4, "tensor 'a': shape holds something else at byte 37, but it needs whole numbers from 0 up.")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}""", 4, "tensor 'a': shape holds something else at byte 37, but it needs whole numbers from 0 up.")]
    [InlineData("""{"a":{"dtype":"F32","shape":["1"],"data_offsets":[0,4]}}""", 4, "tensor 'a': shape holds something else at byte 37, but it needs whole numbers from 0 up.")]
    [InlineData("""{"a":{"dtype":"F32","shape":[18446744073709551617],"data_offsets":[0,4]}}""", 4, "tensor 'a': shape holds something else at byte 37, but it needs whole numbers from 0 up.")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4294967296,1073741824],"data_offsets":[0,0]}}""", 0, "tensor 'a': its size is more than 64 bits can count (F32 [4294967296, 1073741824]), but it needs to fit the file.")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]}}""", 0, "tensor 'a': its size is more than 64 bits can count (U8 [4294967296, 4294967296]), but it needs to fit the file.")]
    // Offsets.
    [InlineData("""{"a":{"dtype":"F32","shape":[],"data_offsets":[0]}}""", 4, "tensor 'a': data_offsets is [0], but it needs a begin and an end, in this order.")]
    [InlineData("""{"a":{"dtype":"F32","shape":[],"data_offsets":[0,2,4]}}""", 4, "tensor 'a': data_offsets is longer than 2 numbers, but it needs at most 2.")]
    [InlineData("""{"a":{"dtype":"F32","shape":[],"data_offsets":[4,0]}}""", 4, "tensor 'a': data_offsets is [4, 0], but it needs a begin and an end, in this order.")]
    [InlineData("""{"a":{"dtype":"F32","shape":[],"data_offsets":[-4,0]}}""", 4, "tensor 'a': data_offsets holds something else at byte 55, but it needs whole numbers from 0 up.")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 7, "the file is 69 bytes, but tensor 'a' needs bytes up to 70.")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[9223372036854775799,9223372036854775807]}}""", 8, "the file is 106 bytes, but tensor 'a' needs bytes up to 9223372036854775905.")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", 4, "tensor 'a' at byte 62 is 4 bytes, but F32 [2] needs 8.")]
    [InlineData("""{"a":{"dtype":"BF16","shape":[2],"data_offsets":[0,8]}}""", 8, "tensor 'a' at byte 63 is 8 bytes, but BF16 [2] needs 4.")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[],"data_offsets":[4,8]}}""", 8, "tensor 'b' begins at byte 118, but tensor 'a' needs the bytes up to 122.")]
    [InlineData("""{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}""", 4, "tensor 'b' begins at byte 113, but tensor 'a' needs the bytes up to 117.")]
    [InlineData("""{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[],"data_offsets":[6,10]}}""", 10, "tensor 'b' begins at byte 120, but the format needs it at 118, without a hole.")]
    [InlineData("""{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}""", 9, "the file is 70 bytes, but its tensors need 65.")]
    public void A_wrong_header_is_explained(string json, int dataBytes, string message) =>
        Says(Encoding.UTF8.GetBytes(json), dataBytes, message + Again);

    [Fact]
    public void An_unknown_type_is_named_with_the_known_ones() => Says(
        """{"a":{"dtype":"F4","shape":[],"data_offsets":[0,4]}}"""u8, 4,
        "tensor 'a': dtype is 'F4', but PureLora needs one of BOOL, U8, I8, F8_E5M2, F8_E4M3, F8_E8M0, I16, U16, F16, BF16, I32, U32, F32, F64, I64, U64. Use a checkpoint in one of these types.");

    [Theory]
    [InlineData("", 8)]
    [InlineData("   ", 11)]
    [InlineData("""{"a":{"dtype":"F32" """, 28)]
    [InlineData("{} {}", 11)]
    [InlineData("{,}", 9)]
    [InlineData("""{"\ud800":{"dtype":"F32","shape":[],"data_offsets":[0,0]}}""", 18)]
    public void What_is_not_JSON_is_placed(string json, int near) => Says(Encoding.UTF8.GetBytes(json), 0,
        $"the header is not valid JSON near byte {near}, but a safetensors file needs it. Download the file again.");

    [Fact]
    public void Bytes_that_are_not_UTF8_are_no_name() => Says([.. "{\""u8, 0xFF, .. "\":{}}"u8], 0,
        "the header is not valid JSON near byte 13, but a safetensors file needs it. Download the file again.");

    [Fact]
    public void A_shape_of_a_million_dimensions_is_refused() => Says(
        Encoding.UTF8.GetBytes($$$"""{"a":{"dtype":"F32","shape":[{{{string.Join(',', Enumerable.Repeat(0, 1_000_000))}}}],"data_offsets":[0,0]}}"""), 0,
        "tensor 'a': shape is longer than 64 numbers, but it needs at most 64." + Again);

    [Fact]
    public void A_hostile_name_stays_on_one_short_line() => Says(
        Encoding.UTF8.GetBytes($$"""{"a\n\u001b[31m\u2028{{new string('x', 1000)}}":7}"""), 0,
        $"tensor 'a\\u000a\\u001b[31m\\u2028{new string('x', 112)}...' is something else at byte 1031, but the format needs an object." + Again);

    [Theory]
    [InlineData("", "the file is 0 bytes, but a safetensors file needs at least 8. Download it again.")]
    [InlineData("\u0002\0\0\0\0\0\0", "the file is 7 bytes, but a safetensors file needs at least 8. Download it again.")]
    [InlineData("\u0003\0\0\0\0\0\0\0{}", "the file is 10 bytes, but its header needs 11. Download it again.")]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid sha256:0", "the file is a Git LFS pointer, but a safetensors file needs the weights themselves. Run 'git lfs pull' in its folder.")]
    [InlineData("<!DOCTYPE html>", "the header is 5789751444030890300 bytes, but a safetensors file needs at most 100000000. Check that it is a safetensors file, or download it again.")]
    public void A_file_without_a_header_is_explained(string content, string message)
    {
        using var scratch = new ScratchFolder();
        string path = scratch.File("m.safetensors");
        File.WriteAllBytes(path, Encoding.Latin1.GetBytes(content));
        Assert.Equal($"{path}: {message}", Assert.Throws<PureLoraException>(() => SafetensorsFile.Open(path)).Message);
    }

    [Theory]
    [InlineData(100_000_000ul)]
    [InlineData(8_000_000_000ul)]
    [InlineData(ulong.MaxValue)]
    public void A_header_that_claims_gigabytes_allocates_nothing(ulong claim)
    {
        using var scratch = new ScratchFolder();
        string path = scratch.File("m.safetensors");
        byte[] bytes = new byte[64];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, claim);
        File.WriteAllBytes(path, bytes);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<PureLoraException>(() => SafetensorsFile.Open(path));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void A_path_that_is_no_file_is_explained()
    {
        using var scratch = new ScratchFolder();
        string none = scratch.File("none.safetensors");
        Assert.Equal($"{none}: the file does not exist. Check the path.", Assert.Throws<PureLoraException>(() => SafetensorsFile.Open(none)).Message);
        string message = Assert.Throws<PureLoraException>(() => SafetensorsFile.Open(scratch.Path)).Message;
        Assert.Equal($"{scratch.Path}: it is a folder, but a safetensors file is needed. Name the file in it.", message);
    }

    /// <summary>Whatever a byte is changed to, or wherever the file ends: it opens, or says one line. It never crashes.</summary>
    [Fact]
    public void A_damaged_file_opens_or_is_refused()
    {
        using var scratch = new ScratchFolder();
        string path = scratch.File("m.safetensors");
        SafetensorsWriter.Write(path, [TensorSource.FromFloats("a", [2, 3], new float[6]), TensorSource.FromInts("b", [1], new long[1])]);
        byte[] good = File.ReadAllBytes(path);
        var edits = Gen.Select(Gen.Int[0, good.Length - 1], Gen.Byte).Array[0, 3];
        Gen.Select(edits, Gen.Int[0, 3], Gen.Int[0, good.Length]).Sample((changes, kind, end) =>
        {
            byte[] bad = (byte[])good.Clone();
            foreach (var (at, value) in changes)
                bad[at] = value;
            using var own = new ScratchFolder();
            string file = own.File("m.safetensors");
            File.WriteAllBytes(file, kind == 0 ? bad[..end] : bad);
            try
            {
                using var opened = SafetensorsFile.Open(file);
                Assert.Equal(bad.Length, opened.Tensors.Values.Sum(t => t.Bytes) + opened.Tensors.Values.Min(t => t.Offset));
            }
            catch (PureLoraException e)
            {
                Assert.StartsWith(file + ": ", e.Message);
                Assert.DoesNotContain('\n', e.Message);
            }
        }, iter: 600);
    }

    [Fact]
    public void A_file_that_changed_while_open_is_an_error()
    {
        using var scratch = new ScratchFolder();
        string path = scratch.File("m.safetensors");
        SafetensorsWriter.Write(path, [TensorSource.FromFloats("a", [1], new float[1])]);
        File.SetLastWriteTimeUtc(path, new DateTime(2024, 5, 6, 7, 8, 9, DateTimeKind.Utc));
        long length = new FileInfo(path).Length;
        using var file = SafetensorsFile.Open(path);
        file.CheckUnchanged();
        const string Tail = "Start again and leave the file alone while it runs.";
        File.SetLastWriteTimeUtc(path, new DateTime(2024, 5, 6, 7, 8, 10, DateTimeKind.Utc));
        Says($"the file is {length} bytes, written 2024-05-06 07:08:10Z, but the weights in use need it as it was when opened ({length} bytes, written 2024-05-06 07:08:09Z). {Tail}");
        using (var stream = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite))
            stream.WriteByte(0);
        File.SetLastWriteTimeUtc(path, new DateTime(2024, 5, 6, 7, 8, 9, DateTimeKind.Utc));
        Says($"the file is {length + 1} bytes, written 2024-05-06 07:08:09Z, but the weights in use need it as it was when opened ({length} bytes, written 2024-05-06 07:08:09Z). {Tail}");
        File.Delete(path);
        Says("the file is gone or cannot be read any more, but the weights in use need it as it was. Put it back and start again.");

        void Says(string message) => Assert.Equal($"{path}: {message}", Assert.Throws<PureLoraException>(file.CheckUnchanged).Message);
    }

    [Fact]
    public unsafe void A_closed_file_gives_no_pointer()
    {
        var file = SafetensorsFile.Open(Path.Combine(Golden.Folder("llama"), "model.safetensors"));
        file.Dispose();
        file.Dispose();
        Assert.Throws<ObjectDisposedException>(() => (nint)file.Pointer("lm_head.weight"));
    }

    static void Says(ReadOnlySpan<byte> json, int dataBytes, string message)
    {
        using var scratch = new ScratchFolder();
        string path = scratch.File("m.safetensors");
        byte[] bytes = new byte[8 + json.Length + dataBytes];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, json.Length);
        json.CopyTo(bytes.AsSpan(8));
        File.WriteAllBytes(path, bytes);
        Assert.Equal($"{path}: {message}", Assert.Throws<PureLoraException>(() => SafetensorsFile.Open(path)).Message);
    }
}
