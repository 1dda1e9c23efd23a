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

    /// <summary>The same, or <c>golden/NAME</c> of the fixtures for what is too large to stand in the repository; a test without either skips.</summary>
    public static string FolderOrSkip(string name)
    {
        foreach (var folder in (string[])[Path.Combine(AppContext.BaseDirectory, "Golden", name), Path.Combine(Fixtures ?? "", "golden", name)])
            if (Directory.Exists(folder))
                return folder;
        Skip.If(true, $"PURELORA_FIXTURES names no folder with golden/{name}, so this family's numbers were not compared.");
        return "";
    }

    /// <summary>The folder of third-party fixtures (models, tokenizers, data) or null: tests that need it skip.</summary>
    public static string? Fixtures => Environment.GetEnvironmentVariable("PURELORA_FIXTURES");
}
