using System.Collections.Concurrent;
using System.Reflection;
using ILGPU;
using ILGPU.Runtime;

namespace PureLora.Tests.Ptx;

/// <summary>
/// Which kernels ran in the interpreter, in what launch shapes and by which seeds. Where <c>PURELORA_PTX_LOG</c> names a file, it
/// gets a line for each when the process ends: what <see cref="PtxLogTests"/> counts in a run of its own.
/// </summary>
static class PtxLog
{
    public const string Variable = "PURELORA_PTX_LOG";
    static readonly ConcurrentDictionary<string, bool> lines = [];

    static PtxLog() => AppDomain.CurrentDomain.ProcessExit += (_, _) =>
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } path)
            File.AppendAllLines(path, lines.Keys.Order(StringComparer.Ordinal));
    };

    public static void Add(MethodInfo method, KernelConfig shape, object[] arguments, int seed) =>
        lines.TryAdd($"{CompileTests.Label(method)}\t{shape.GridDim.X} {string.Join(' ', arguments.Select(Size))}\t{seed}", true);

    /// <summary>What makes a launch another one: lengths of views and whole numbers.</summary>
    static string Size(object argument) => argument switch
    {
        int or long => argument.ToString()!,
        _ when argument.GetType().GetProperty("Length")?.GetValue(argument) is long length => length.ToString(),
        _ => "",
    };
}
