namespace PureLora.Tests;

/// <summary>The checkout that the tests were built from, for tests of its documents and examples.</summary>
static class Repository
{
    /// <summary>The folder with PureLora.sln.</summary>
    public static string Root { get; } = Find();

    static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "PureLora.sln")))
            folder = folder.Parent;
        return folder.FullName;
    }
}
