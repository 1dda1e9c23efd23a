using System.Diagnostics;

namespace PureLora.Tests;

/// <summary>The exit codes that the help page lists, from the program itself.</summary>
public sealed class ExitCodeTests(TinyFolder tiny) : IClassFixture<TinyFolder>, IDisposable
{
    readonly ScratchFolder scratch = new();

    [Fact]
    public void The_help_page_lists_the_codes()
    {
        var page = ProgramTests.Run("--help").Output;
        foreach (var code in (string[])["0    done", "1    the run failed", "2    a flag", "130  stopped with Ctrl-C", "143  asked to end"])
            Assert.Contains($"\n  {code}", page);
    }

    [Theory]
    [InlineData(0, "devices")]
    [InlineData(1, "info", "no-such-folder")]
    [InlineData(2, "info", "--no-such-flag")]
    public async Task A_program_that_ends_by_itself(int code, params string[] args)
    {
        using var process = Start(args);
        Assert.Equal(code, await Ended(process));
    }

    [SkippableTheory]
    [InlineData("INT", 130)]
    [InlineData("TERM", 143)]
    public async Task A_program_that_is_asked_to_end(string signal, int code)
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no kill command that sends these signals.");
        using var process = Start(tiny.TrainArguments(scratch.File("out"), "max-steps=1000000", "eval-file=", "json="));
        while (await process.StandardOutput.ReadLineAsync() is { } line && !line.StartsWith("step", StringComparison.Ordinal)) { }
        using (var kill = Process.Start("kill", [$"-{signal}", process.Id.ToString()]))
            await kill.WaitForExitAsync();
        var rest = process.StandardOutput.ReadToEndAsync();
        Assert.Equal(code, await Ended(process));
        Assert.Matches("^stopped after step [0-9]+ of 1000000; no adapter was saved\\s*$", await process.StandardError.ReadToEndAsync());
        Assert.Contains("unfinished", await rest);
        Assert.Equal(["unfinished"], EndToEndTests.Files(scratch.File("out")));
    }

    static Process Start(string[] args) =>
        Process.Start(new ProcessStartInfo("dotnet", [typeof(Program).Assembly.Location, .. args]) { RedirectStandardOutput = true, RedirectStandardError = true })!;

    static async Task<int> Ended(Process process)
    {
        try
        {
            await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
            return process.ExitCode;
        }
        catch (TimeoutException)
        {
            process.Kill();
            throw;
        }
    }

    public void Dispose() => scratch.Dispose();
}
