using System.Text.RegularExpressions;

namespace PureLora.Tests;

public class ConfigurationPageTests
{
    [Fact]
    public void Committed_page_is_the_one_the_settings_write()
    {
        var path = Path.Combine(Root(), "docs", "configuration.md");
        Assert.True(File.Exists(path) && File.ReadAllText(path) == ConfigurationPage.Markdown(),
            "docs/configuration.md is out of date. Run: dotnet run -c Release --project src/Cli -- configuration > docs/configuration.md");
    }

    [Fact]
    public void Example_on_the_page_is_a_configuration_that_works()
    {
        var yaml = Regex.Match(ConfigurationPage.Markdown(), "```yaml\n(.*?)```", RegexOptions.Singleline).Groups[1].Value;
        var config = ConfigFile.Parse(yaml, "page");
        config.Validate();
        Assert.Equal(16, config.R);
        Assert.Equal("Question: {prompt}\nAnswer:", config.PromptTemplate);
    }

    [Fact]
    public void Page_has_one_row_of_five_cells_for_each_key()
    {
        var rows = ConfigurationPage.Markdown().Split('\n').Where(l => l.StartsWith("| `")).ToList();
        Assert.Equal(ConfigKey.Of<TrainConfig>().Select(k => $"| `{k.Key}` | `{k.Flag}` "), rows.Select(r => string.Join('|', r.Split('|')[..3])));
        Assert.All(rows, r => Assert.Equal(7, Regex.Split(r, @"(?<!\\)\|").Length));
    }

    static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "PureLora.sln")))
            folder = folder.Parent;
        return folder.FullName;
    }
}
