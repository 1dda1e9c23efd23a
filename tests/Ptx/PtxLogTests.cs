namespace PureLora.Tests.Ptx;

/// <summary>What a thorough run has to have covered; eng/test-all.sh runs it last.</summary>
public sealed class PtxLogTests
{
    [SkippableTheory, MemberData(nameof(CompileTests.Kernels), MemberType = typeof(CompileTests))]
    public void Every_kernel_was_interpreted_on_three_shapes_by_five_schedules(string label)
    {
        var path = Environment.GetEnvironmentVariable(PtxLog.Variable);
        Skip.If(path is null || !File.Exists(path), "No log of a thorough run: eng/test-all.sh makes one.");
        var launches = File.ReadLines(path).Select(line => line.Split('\t')).Where(parts => parts[0] == label).ToArray();
        var (shapes, seeds) = (launches.Select(parts => parts[1]).Distinct().Count(), launches.Select(parts => parts[2]).Distinct().Count());
        Assert.True(shapes >= 3 && seeds >= 5, $"{label} ran on {shapes} shapes by {seeds} schedules.");
    }
}
