namespace PureLora.Tests.Ptx;

/// <summary>What a thorough run has to have covered; eng/test-all.sh runs it last.</summary>
public sealed class PtxLogTests
{
    /// <summary>Where the log is read from: where a thorough run before this one wrote it.</summary>
    const string Variable = "PURELORA_PTX_LOG_READ";

    [SkippableFact]
    public void Every_kernel_was_interpreted_on_three_shapes_by_five_schedules()
    {
        var path = Environment.GetEnvironmentVariable(Variable);
        Skip.If(path is null, "No log of a thorough run: eng/test-all.sh makes one.");
        var launches = File.ReadLines(path).Select(line => line.Split('\t')).ToLookup(parts => parts[0]);
        Assert.All(CompileTests.Methods().Select(CompileTests.Label), label =>
        {
            var (shapes, seeds) = (launches[label].Select(parts => parts[1]).Distinct().Count(), launches[label].Select(parts => parts[2]).Distinct().Count());
            Assert.True(shapes >= 3 && seeds >= 5, $"{label} ran on {shapes} shapes by {seeds} schedules.");
        });
    }
}
