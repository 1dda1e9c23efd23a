using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace PureLora;

/// <summary>SHA-256 of a run's losses and of its final parameters, bit by bit; shown as its first sixteen hex digits.</summary>
sealed class RunHash
{
    readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public void Add(double loss)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteDoubleLittleEndian(bytes, loss);
        hash.AppendData(bytes);
    }

    public void Add(Parameter parameter)
    {
        hash.AppendData(Encoding.UTF8.GetBytes(parameter.Name));
        hash.AppendData(MemoryMarshal.AsBytes<float>(parameter.Data.ToArray()));
    }

    public override string ToString() => Convert.ToHexStringLower(hash.GetCurrentHash())[..16];
}
