using System.Globalization;
using Xunit.Abstractions;

namespace PureLora.Tests;

/// <summary>
/// Every reader meets broken copies of real files. The suite replays a few thousand seeded cases and each input that ever
/// failed (Fuzz/Found); <c>eng/fuzz.sh</c> runs as many as it is told.
/// </summary>
[Collection("Alone")]
public class FuzzTests(ITestOutputHelper output)
{
    static ulong Setting(string name, ulong otherwise) =>
        Environment.GetEnvironmentVariable(name) is { } text ? ulong.Parse(text, CultureInfo.InvariantCulture) : otherwise;

    public static TheoryData<string> Readers => [.. FuzzReaders.Names];

    [Theory]
    [MemberData(nameof(Readers))]
    [Trait("Category", "Fuzz")]
    public void A_broken_file_is_refused_with_one_error(string name)
    {
        var (cases, seed) = (Setting("PURELORA_FUZZ_CASES", 250), Setting("PURELORA_FUZZ_SEED", 1));
        using var scratch = new ScratchFolder();
        var reader = FuzzReaders.Open(name, scratch);
        var path = scratch.File($"case{FuzzReaders.ExtensionOf(name)}");
        for (ulong i = 0; i < cases; i++)
        {
            var content = reader.Case((seed << 32) + i);
            if (reader.Fault(content, path) is { } fault)
                Assert.Fail($"{name}, seed {seed}, case {i}: {fault}\nThe file is kept as {Keep(name, content)}.");
        }
        output.WriteLine($"{name}: {cases:N0} cases of seed {seed}; longest {reader.Worst.Time.TotalMilliseconds:N0} ms, most memory {reader.Worst.Share:P0} of what is allowed");
    }

    [Fact]
    public void What_failed_once_does_not_fail_again()
    {
        using var scratch = new ScratchFolder();
        foreach (var name in FuzzReaders.Names)
        {
            var reader = FuzzReaders.Open(name, scratch);
            foreach (var file in Found(name))
                Assert.True(reader.Fault(File.ReadAllBytes(file), scratch.File($"case{FuzzReaders.ExtensionOf(name)}")) is null, $"{file} fails again.");
        }
    }

    static IEnumerable<string> Found(string name)
    {
        var folder = Path.Combine(Repository.Root, "tests", "Fuzz", "Found", name);
        return Directory.Exists(folder) ? Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal) : [];
    }

    /// <summary>What a read allocates is counted on all threads, so no other test may run.</summary>
    [CollectionDefinition("Alone", DisableParallelization = true)]
    public class Alone;

    static string Keep(string name, byte[] content)
    {
        var folder = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), "purelora-fuzz")).FullName;
        var path = Path.Combine(folder, $"{name}-{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(content))[..12]}{FuzzReaders.ExtensionOf(name)}");
        File.WriteAllBytes(path, content);
        return path;
    }
}
