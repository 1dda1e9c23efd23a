using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace PureLora.Tests;

/// <summary>
/// Runs the examples as a reader does, but in Release, where all that they refer to is built already. Two builds at once
/// could write one file: whatever else builds in a test belongs in the same collection.
/// </summary>
[Collection("Builds")]
public sealed class ExampleTests
{
    static async Task<string> Run(string file)
    {
        var start = new ProcessStartInfo("dotnet", ["run", "-c", "Release", file])
        {
            WorkingDirectory = Repository.Root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // What `dotnet test` sets for its own build must not steer this one; a build node left behind would keep the pipes.
        foreach (var name in start.Environment.Keys.Where(k => k.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToList())
            start.Environment.Remove(name);
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        try
        {
            await Task.WhenAll(process.WaitForExitAsync(), output, error).WaitAsync(TimeSpan.FromSeconds(60));
        }
        catch (TimeoutException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
        Assert.True(process.ExitCode == 0, $"{file} ended with {process.ExitCode}: {await output}{await error}");
        return await output;
    }

    static double[] Numbers(string line) =>
        [.. Regex.Matches(line, @"-?\d+\.?\d*").Select(m => double.Parse(m.Value, CultureInfo.InvariantCulture))];

    [Fact]
    public async Task Gradient_example_shows_slopes_that_agree()
    {
        var lines = (await Run("examples/01-gradient.cs")).Split('\n');
        var table = lines.SkipWhile(l => !l.Contains("slope by tape")).Skip(1).TakeWhile(l => l.Trim().Length > 0).Select(Numbers).ToList();
        Assert.Equal(9, table.Count);
        foreach (var row in table)
        {
            // f'(x) = x·σ(x)·(2 + x·(1 - σ(x))) - 1/2 with f(x) = x²·σ(x) - x/2; five digits are printed.
            var sigma = 1 / (1 + Math.Exp(-row[0]));
            Assert.Equal(row[0] * sigma * (2 + row[0] * (1 - sigma)) - 0.5, row[2], 1e-5);
        }
        var walk = lines.Where(l => l.TrimStart().StartsWith("step ")).Select(Numbers).ToList();
        Assert.Equal(7, walk.Count);
        Assert.All(walk.Zip(walk.Skip(1)), pair => Assert.True(pair.Second[2] <= pair.First[2], "a step went uphill"));
    }

    [Fact]
    public async Task Lora_example_leaves_the_singular_values_that_a_rank_cannot_hold()
    {
        var output = await Run("examples/02-lora.cs");
        var table = output.Split('\n').SkipWhile(l => !l.StartsWith("rank")).Skip(1).TakeWhile(l => l.Trim().Length > 0).Select(Numbers).ToList();
        Assert.Equal([1, 2, 3, 4], table.Select(row => row[0]));
        // 4² + 2² + 1² at the start; then what is weaker than the rank's strongest directions.
        Assert.All(table, row => Assert.Equal(21, row[2]));
        Assert.All(table.Zip((double[])[5, 1, 0, 0]), pair => Assert.Equal(pair.Second, pair.First[^2], 0.02));
        Assert.Contains("The base after training: the same bits as before.", output);
    }

    [Fact]
    public async Task Qlora_example_learns_the_change_over_every_base_and_shows_what_storage_cost()
    {
        var output = await Run("examples/03-qlora.cs");
        var lines = output.Split('\n').SkipWhile(l => !l.StartsWith("base ")).Skip(1).TakeWhile(l => l.Trim().Length > 0).ToList();
        Assert.Equal(["F32", "INT8", "NF4", "FP4"], lines.Select(l => l.Split(' ')[0]));
        var table = lines.Select(l => Numbers(l[4..])).ToList();
        Assert.Equal([32, 8.5, 4.58, 4.58], table.Select(row => row[0]));
        // The error of the base is there at the start; at the end the change is found, and some of the error too.
        Assert.All(table, row => Assert.Equal(21 + row[1], row[2], 0.15));
        Assert.All(table, row => Assert.InRange(row[^1], 0.7 * row[1], row[1] + 0.01));
        Assert.True(table[2][1] < 0.8 * table[3][1], "NF4 loses less than FP4");
        Assert.Contains("The bases kept their bits: yes.", output);
    }
}
