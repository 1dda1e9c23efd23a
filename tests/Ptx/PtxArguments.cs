using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.InteropServices;
using ILGPU;
using ILGPU.Runtime;

namespace PureLora.Tests.Ptx;

/// <summary>
/// Lays boxed arguments out as ILGPU passes them to PTX: a view is its address and its length in 64 bits, a struct's fields
/// stand in their order, each at its natural alignment.
/// </summary>
sealed class PtxArguments(PtxKernel kernel)
{
    static readonly ConcurrentDictionary<Type, Func<object, (nint Address, long Length, int Size)>> views = [];
    readonly byte[] bytes = new byte[kernel.ParameterBytes];
    readonly PtxMemory memory = new();

    public (byte[] Bytes, PtxMemory Memory) Lay(object[] arguments)
    {
        if (arguments.Length != kernel.Parameters.Count)
            throw new PtxException($"{kernel.Name}: {arguments.Length} arguments were given, but it has {kernel.Parameters.Count} parameters.");
        foreach (var (argument, parameter) in arguments.Zip(kernel.Parameters))
        {
            var size = Size(argument.GetType()).Size;
            if (size != parameter.Bytes)
                throw new PtxException($"{kernel.Name}: {argument.GetType().Name} has {size} bytes, but {parameter.Name} has {parameter.Bytes}.");
            Put(argument, parameter.Offset);
        }
        return (bytes, memory);
    }

    static bool IsView(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ArrayView<>);

    static IEnumerable<FieldInfo> Fields(Type type) =>
        type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic).OrderBy(f => f.MetadataToken);

    static (int Size, int Alignment) Size(Type type)
    {
        if (type.IsEnum)
            return Size(type.GetEnumUnderlyingType());
        if (IsView(type))
            return (16, 8);
        if (type == typeof(bool))
            return (1, 1);
        if (type.IsPrimitive)
            return (Marshal.SizeOf(type), Marshal.SizeOf(type));
        var (end, alignment) = (0, 1);
        foreach (var (_, offset, size, fieldAlignment) in Places(type))
            (end, alignment) = (offset + size, Math.Max(alignment, fieldAlignment));
        return (Up(end, alignment), alignment);
    }

    static IEnumerable<(FieldInfo Field, int Offset, int Size, int Alignment)> Places(Type type)
    {
        var end = 0;
        foreach (var field in Fields(type))
        {
            var (size, alignment) = Size(field.FieldType);
            end = Up(end, alignment);
            yield return (field, end, size, alignment);
            end += size;
        }
    }

    static int Up(int value, int alignment) => (value + alignment - 1) / alignment * alignment;

    void Put(object value, int at)
    {
        var type = value.GetType();
        if (IsView(type))
        {
            var (address, length, size) = views.GetOrAdd(type, Opener)(value);
            memory.Allow(address, length * size);
            BitConverter.TryWriteBytes(bytes.AsSpan(at), (long)address);
            BitConverter.TryWriteBytes(bytes.AsSpan(at + 8), length);
        }
        else if (type.IsPrimitive || type.IsEnum)
            Number(type.IsEnum ? Convert.ChangeType(value, type.GetEnumUnderlyingType()) : value, bytes.AsSpan(at));
        else
            foreach (var (field, offset, _, _) in Places(type))
                Put(field.GetValue(value)!, at + offset);
    }

    static void Number(object value, Span<byte> target)
    {
        var written = value switch
        {
            bool v => BitConverter.TryWriteBytes(target, v),
            byte v => MemoryMarshal.TryWrite(target, v),
            sbyte v => MemoryMarshal.TryWrite(target, v),
            short v => BitConverter.TryWriteBytes(target, v),
            ushort v => BitConverter.TryWriteBytes(target, v),
            int v => BitConverter.TryWriteBytes(target, v),
            uint v => BitConverter.TryWriteBytes(target, v),
            long v => BitConverter.TryWriteBytes(target, v),
            ulong v => BitConverter.TryWriteBytes(target, v),
            float v => BitConverter.TryWriteBytes(target, v),
            double v => BitConverter.TryWriteBytes(target, v),
            _ => throw new PtxException($"an argument of type {value.GetType().Name} is unknown."),
        };
        if (!written)
            throw new PtxException("an argument does not fit.");
    }

    static Func<object, (nint, long, int)> Opener(Type view) => typeof(PtxArguments)
        .GetMethod(nameof(Open), BindingFlags.Static | BindingFlags.NonPublic)!
        .MakeGenericMethod(view.GetGenericArguments())
        .CreateDelegate<Func<object, (nint, long, int)>>();

    /// <summary>An empty view has no address.</summary>
    static unsafe (nint, long, int) Open<T>(object boxed) where T : unmanaged
    {
        var view = (ArrayView<T>)boxed;
        return view.Length == 0 ? (0, 0, sizeof(T)) : (view.LoadEffectiveAddressAsPtr(), view.Length, sizeof(T));
    }
}
