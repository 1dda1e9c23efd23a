namespace PureLora.Tests;

/// <summary>Where the reference files are: small numeric ones beside the tests, third-party ones where a variable says.</summary>
static class Golden
{
    /// <summary>The folder <c>tests/Golden/NAME</c>, as the build copied it.</summary>
    public static string Folder(string name)
    {
        string folder = Path.Combine(AppContext.BaseDirectory, "Golden", name);
        return Directory.Exists(folder) ? folder : throw new DirectoryNotFoundException($"{folder}: there is no such golden folder.");
    }

    /// <summary>The folder of third-party fixtures (models, tokenizers, data) or null: tests that need it skip.</summary>
    public static string? Fixtures => Environment.GetEnvironmentVariable("PURELORA_FIXTURES");
}
