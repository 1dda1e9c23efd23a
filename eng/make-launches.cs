// Writes src/Kernels/Gpu/GpuDevice.Run.g.cs, the launches for each number of kernel parameters:
//   dotnet run eng/make-launches.cs
using System.Runtime.CompilerServices;
using System.Text;

const int most = 14;
var text = new StringBuilder("""
    using ILGPU.Runtime;

    namespace PureLora;

    /// <summary>
    /// For each number of kernel parameters: <c>Run</c> launches a grid-stride kernel over items, <c>RunGroups</c> one whose
    /// groups share memory, and the third takes both and launches what suits the device. A kernel is compiled when first
    /// launched. Written by eng/make-launches.cs.
    /// </summary>
    public sealed partial class GpuDevice
    {

    """);
for (var count = 1; count <= most; count++)
{
    string List(Func<int, string> item, string separator = ", ") => string.Join(separator, Enumerable.Range(1, count).Select(item));
    var (types, parameters, arguments) = (List(i => $"T{i}"), List(i => $"T{i} a{i}"), List(i => $"a{i}"));
    var structs = List(i => $"where T{i} : struct", " ");
    text.Append($$"""
            internal void Run<{{types}}>(Action<{{types}}> kernel, long items, {{parameters}})
                {{structs}}
            {
                var shape = Shape(items);
                try
                {
                    Launching?.Invoke(kernel.Method, shape);
                    if (Instead is not null)
                        Instead(kernel.Method, shape, [{{arguments}}]);
                    else
                        driver.Load(kernel, a => a.LoadKernel(kernel))(accelerator.DefaultStream, shape, {{arguments}});
                }
                catch (AcceleratorException e)
                {
                    throw Failed(e);
                }
            }

            internal void RunGroups<{{types}}>(Action<{{types}}> kernel, long groups, {{parameters}})
                {{structs}}
            {
                var shape = Groups(groups);
                try
                {
                    Launching?.Invoke(kernel.Method, shape);
                    if (Instead is not null)
                        Instead(kernel.Method, shape, [{{arguments}}]);
                    else
                        driver.Load(kernel, a => a.LoadKernel(kernel, wholeGroup))(accelerator.DefaultStream, shape, {{arguments}});
                }
                catch (AcceleratorException e)
                {
                    throw Failed(e);
                }
            }

            internal void Run<{{types}}>(Action<{{types}}> kernel, long items, Action<{{types}}> grouped, long groups, {{parameters}})
                {{structs}}
            {
                if (HasGroups)
                    RunGroups(grouped, groups, {{arguments}});
                else
                    Run(kernel, items, {{arguments}});
            }


        """);
}
var path = Path.Combine(Path.GetDirectoryName(Here())!, "../src/Kernels/Gpu/GpuDevice.Run.g.cs");
File.WriteAllText(path, text.ToString().TrimEnd() + "\n}\n");

static string Here([CallerFilePath] string path = "") => path;
