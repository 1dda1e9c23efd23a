using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using PureLora.Kernels;

namespace PureLora;

/// <summary>
/// A safetensors file, mapped into memory read-only: 8 bytes of header length, a JSON header, then the tensors' bytes.
/// Opening checks the whole header before anything is used and reads no weights; the system pages them in when touched.
/// A mapped file must not be changed while it is open: call <see cref="CheckUnchanged"/> before trusting a long run.
/// </summary>
public sealed unsafe class SafetensorsFile : IDisposable
{
    readonly string fullPath;
    readonly long length;
    readonly DateTime written;
    readonly MemoryMappedFile map;
    readonly MemoryMappedViewAccessor view;
    byte* start;

    /// <summary>The path as it was given to <see cref="Open"/>.</summary>
    public string Path { get; }

    /// <summary>The header's <c>__metadata__</c>, ordered by key (ordinal); empty when there is none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>All tensors, ordered by name (ordinal).</summary>
    public IReadOnlyDictionary<string, TensorInfo> Tensors { get; }

    /// <summary>Maps and checks a file. A <see cref="PureLoraException"/> says what is wrong with it.</summary>
    public static SafetensorsFile Open(string path)
    {
        if (Directory.Exists(path))
            throw new PureLoraException($"{path}: it is a folder, but a safetensors file is needed. Name the file in it.");
        try
        {
            return new SafetensorsFile(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new PureLoraException($"{path}: the file does not exist. Check the path.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PureLoraException($"{path}: the file cannot be read ({e.Message.TrimEnd('.')}). Check that it is a file and that you may read it.", e);
        }
    }

    SafetensorsFile(string path)
    {
        Path = path;
        fullPath = System.IO.Path.GetFullPath(path);
        using var stream = new FileStream(fullPath, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        length = stream.Length;
        written = File.GetLastWriteTimeUtc(stream.SafeFileHandle);
        int header = ReadHeaderLength(stream);
        map = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        try
        {
            view = map.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
            view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
            start += view.PointerOffset;
            var read = new SafetensorsHeader(path, new ReadOnlySpan<byte>(start + 8, header), length);
            Metadata = read.Metadata;
            Tensors = read.Tensors;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    int ReadHeaderLength(FileStream stream)
    {
        Span<byte> first = stackalloc byte[24];
        int got = stream.ReadAtLeast(first, first.Length, throwOnEndOfStream: false);
        if (first[..got].StartsWith("version https://git-lfs"u8))
            throw new PureLoraException($"{Path}: the file is a Git LFS pointer, but a safetensors file needs the weights themselves. Run 'git lfs pull' in its folder.");
        if (got < 8)
            throw new PureLoraException($"{Path}: the file is {length} bytes, but a safetensors file needs at least 8. Download it again.");
        ulong header = BinaryPrimitives.ReadUInt64LittleEndian(first);
        if (header > SafetensorsHeader.MaxBytes)
            throw new PureLoraException($"{Path}: the header is {header} bytes, but a safetensors file needs at most {SafetensorsHeader.MaxBytes}. Check that it is a safetensors file, or download it again.");
        if ((long)header > length - 8)
            throw new PureLoraException($"{Path}: the file is {length} bytes, but its header needs {header + 8}. Download it again.");
        return (int)header;
    }

    /// <summary>The tensor of this name; an error that names the file when there is none.</summary>
    public TensorInfo Info(string name) => Tensors.TryGetValue(name, out var info)
        ? info
        : throw new PureLoraException($"{Path}: tensor {Quote.Name(name)} is missing. Check that the file belongs to this model.");

    /// <summary>First byte of a tensor in the mapping: unaligned in general, valid until <see cref="Dispose"/>.</summary>
    public byte* Pointer(string name)
    {
        ObjectDisposedException.ThrowIf(start == null, this);
        return start + Info(name).Offset;
    }

    /// <summary>A tensor's bytes in the mapping, valid until <see cref="Dispose"/>; at most 2 GiB.</summary>
    public ReadOnlySpan<byte> Bytes(string name)
    {
        var info = Info(name);
        if (info.Bytes > int.MaxValue)
            throw new PureLoraException($"{Path}: tensor {Quote.Name(name)} is {info.Bytes} bytes, but reading it at once needs at most {int.MaxValue}. Use a checkpoint with smaller tensors here.");
        return new ReadOnlySpan<byte>(Pointer(name), (int)info.Bytes);
    }

    /// <summary>Reads pieces of a F32, BF16, F16 or F64 tensor of any size as floats (F64 is rounded), valid until <see cref="Dispose"/>.</summary>
    internal FloatReader Floats(string name)
    {
        var start = (nint)Pointer(name);
        return Info(name).DType switch
        {
            DType.F32 => Of(WeightFormat.F32),
            DType.BF16 => Of(WeightFormat.BF16),
            DType.F16 => Of(WeightFormat.F16),
            DType.F64 => Doubles,
            _ => throw WrongType(name, "F32, BF16, F16 or F64"),
        };

        void Doubles(long first, Span<float> values)
        {
            for (var i = 0; i < values.Length; i++)
                values[i] = (float)Unsafe.ReadUnaligned<double>((double*)start + first + i);
        }

        FloatReader Of(WeightFormat format) => (first, values) =>
        {
            fixed (float* target = values)
                HostWeights.Decode(format, (byte*)start, first, values.Length, target);
        };
    }

    /// <summary>A copy of a F32, BF16, F16 or F64 tensor as floats (F64 is rounded), row-major.</summary>
    public float[] ReadFloats(string name)
    {
        var read = Floats(name);
        if (Info(name).Count is var count && count > Array.MaxLength)
            throw new PureLoraException($"{Path}: tensor {Quote.Name(name)} has {count} numbers, but reading it at once needs at most {Array.MaxLength}. Use a checkpoint with smaller tensors here.");
        var values = new float[count];
        read(0, values);
        return values;
    }

    /// <summary>A copy of a F64, F32, BF16 or F16 tensor as doubles, exactly, row-major.</summary>
    public double[] ReadDoubles(string name) => Info(name).DType == DType.F64
        ? MemoryMarshal.Cast<byte, double>(Bytes(name)).ToArray()
        : Array.ConvertAll(ReadFloats(name), x => (double)x);

    /// <summary>A copy of an integer or BOOL tensor as 64-bit integers, row-major; U64 must fit.</summary>
    public long[] ReadInts(string name)
    {
        var bytes = Bytes(name);
        return Info(name).DType switch
        {
            DType.I64 => MemoryMarshal.Cast<byte, long>(bytes).ToArray(),
            DType.U64 => Convert<ulong, long>(bytes, x => x <= long.MaxValue ? (long)x
                : throw new PureLoraException($"{Path}: tensor {Quote.Name(name)} holds {x}, but a signed 64-bit integer needs at most {long.MaxValue}. Store it as I64.")),
            DType.I32 => Convert<int, long>(bytes, x => x),
            DType.U32 => Convert<uint, long>(bytes, x => x),
            DType.I16 => Convert<short, long>(bytes, x => x),
            DType.U16 => Convert<ushort, long>(bytes, x => x),
            DType.I8 => Convert<sbyte, long>(bytes, x => x),
            DType.U8 or DType.Bool => Convert<byte, long>(bytes, x => x),
            _ => throw WrongType(name, "an integer type"),
        };
    }

    /// <summary>Throws when the file's length or time of writing is no longer what it was at opening.</summary>
    public void CheckUnchanged()
    {
        (long nowLength, DateTime nowWritten) = Look();
        if (nowLength != length || nowWritten != written)
            throw new PureLoraException($"{Path}: the file is {nowLength} bytes, written {nowWritten:u}, but the weights in use need it as it was when opened ({length} bytes, written {written:u}). Start again and leave the file alone while it runs.");
    }

    /// <summary>Through a handle, because a path would give the time of a symbolic link, which is what the hub's cache is made of.</summary>
    (long Length, DateTime Written) Look()
    {
        try
        {
            using var handle = File.OpenHandle(fullPath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            return (RandomAccess.GetLength(handle), File.GetLastWriteTimeUtc(handle));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PureLoraException($"{Path}: the file is gone or cannot be read any more, but the weights in use need it as it was. Put it back and start again.", e);
        }
    }

    /// <summary>Unmaps the file; pointers and spans into it are invalid from here on.</summary>
    public void Dispose()
    {
        if (start != null)
            view.SafeMemoryMappedViewHandle.ReleasePointer();
        start = null;
        view?.Dispose();
        map.Dispose();
    }

    static TTo[] Convert<TFrom, TTo>(ReadOnlySpan<byte> bytes, Func<TFrom, TTo> convert) where TFrom : unmanaged
    {
        var from = MemoryMarshal.Cast<byte, TFrom>(bytes);
        var to = new TTo[from.Length];
        for (int i = 0; i < to.Length; i++)
            to[i] = convert(from[i]);
        return to;
    }

    PureLoraException WrongType(string name, string needed) =>
        new($"{Path}: tensor {Quote.Name(name)} is {Info(name)}, but reading it needs {needed}. Store it in that type.");
}
