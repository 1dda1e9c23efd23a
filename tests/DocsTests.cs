using System.CommandLine;
using System.CommandLine.Parsing;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;

namespace PureLora.Tests;

/// <summary>Documentation that cannot fail is soon wrong: what pages say about commands, files and settings is tried.</summary>
public sealed class DocsTests
{
    const string FromSource = "dotnet run -c Release --project src/Cli -- ";

    /// <summary>README.md and all pages, as paths from the root.</summary>
    static IEnumerable<string> Pages => Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs"), "*.md")
        .Concat(Directory.EnumerateFiles(Repository.Root, "*.md"))
        .Select(path => Path.GetRelativePath(Repository.Root, path)).Order(StringComparer.Ordinal);

    static string Text(string page) => File.ReadAllText(Path.Combine(Repository.Root, page));

    /// <summary>The content of each fenced block of a language; "" for none.</summary>
    static IEnumerable<string> Blocks(string page, string language) =>
        Regex.Matches(Text(page), @"^```(\w*)\n(.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)
            .Where(m => m.Groups[1].Value == language).Select(m => m.Groups[2].Value);

    /// <summary>What stands after <c>purelora</c> in a block or between backticks, with the page it is on.</summary>
    static IEnumerable<(string Page, string Line)> CommandLines =>
        from page in Pages
        from line in Blocks(page, "").Concat(Blocks(page, "bash")).SelectMany(block => block.Split('\n'))
            .Concat(Regex.Matches(Text(page), "`([^`\n]+)`").Select(m => m.Groups[1].Value))
        let command = Regex.Match(line.Replace(FromSource, "purelora "), @"^(?:[A-Z]\w*=\S+ )*purelora (.+?)(?: > .*)?$")
        where command.Success
        select (page, command.Groups[1].Value);

    [Fact]
    public void Commands_on_the_pages_are_understood()
    {
        var lines = CommandLines.ToList();
        foreach (var name in (string[])["quickstart", "train", "generate", "merge", "info", "forward", "configuration"])
            Assert.Contains(lines, l => l.Line.Split(' ')[0] == name);
        foreach (var (page, line) in lines)
            try
            {
                Understand([.. CommandLineParser.SplitCommandLine(line)]);
            }
            catch (UsageException e)
            {
                Assert.Fail($"{page}: purelora {line}: {e.Message}");
            }
    }

    [Fact]
    public void Wrong_commands_would_be_found()
    {
        Assert.Throws<UsageException>(() => Understand(["train", "--modle", "m"]));
        Assert.Throws<UsageException>(() => Understand(["train", "--model", "m"]));
        Assert.Throws<UsageException>(() => Understand(["merge", "--model", "m", "--adapter", "a", "--out", "o", "--dtype", "f8"]));
    }

    /// <summary>Parses, and reads the settings too, unless it is a bare name or names a file that is not in the repository.</summary>
    static void Understand(string[] words)
    {
        var config = words is ["data", not ['-', ..], ..] ? 1 : Array.IndexOf(words, "--config") + 1;
        if (config > 0)
            words[config] = Path.Combine(Repository.Root, words[config]);
        var parse = CommandLine.Parse(words);
        if (words.Length == 1 || (config > 0 && !File.Exists(words[config])) || parse.CommandResult.Command is not ToolCommand command)
            return;
        try
        {
            command.GetType().GetMethod("Settings")!.Invoke(command, [parse]);
        }
        catch (TargetInvocationException e) when (e.InnerException is { } inner)
        {
            throw inner;
        }
    }

    [Fact]
    public void Links_lead_to_files()
    {
        foreach (var page in Pages)
            foreach (Match link in Regex.Matches(Text(page), @"\]\(([^)#]+)(?:#[^)]*)?\)"))
            {
                var target = link.Groups[1].Value;
                if (target.StartsWith("http", StringComparison.Ordinal))
                    continue;
                var path = Path.Combine(Repository.Root, Path.GetDirectoryName(page)!, target);
                Assert.True(Path.Exists(path), $"{page}: the link {target} leads nowhere.");
            }
    }

    [Fact]
    public void Tree_in_the_readme_names_what_exists()
    {
        var tree = Blocks("README.md", "").Single(block => block.StartsWith("src/", StringComparison.Ordinal));
        var folders = new Stack<(int Indent, string Path)>();
        var named = new List<string>();
        foreach (var line in tree.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var (indent, name) = (line.Length - line.TrimStart().Length, line.TrimStart().Split(' ')[0]);
            while (folders.Count > 0 && folders.Peek().Indent >= indent)
                folders.Pop();
            var path = Path.Combine(folders.Count > 0 ? folders.Peek().Path : "", name);
            Assert.True(name.EndsWith('/') ? Directory.Exists(Path.Combine(Repository.Root, path)) : File.Exists(Path.Combine(Repository.Root, path)),
                $"README.md: the tree names {path}, which does not exist.");
            named.Add(path);
            if (name.EndsWith('/'))
                folders.Push((indent, path));
        }
        foreach (var project in (string[])["Kernels", "Autograd", "Model", "Trainer", "Cli"])
            Assert.Contains($"src/{project}/", named);
        Assert.All(Pages.Where(page => page.StartsWith("docs", StringComparison.Ordinal)), page => Assert.Contains(page.Replace('\\', '/'), named));
    }

    [Fact]
    public void Files_shown_on_the_pages_are_read()
    {
        var settings = Pages.SelectMany(page => Blocks(page, "yaml")).ToList();
        Assert.NotEmpty(settings);
        Assert.All(settings, yaml => ConfigFile.Parse(yaml, "page").Validate());
        var data = Pages.SelectMany(page => Blocks(page, "jsonl")).ToList();
        Assert.NotEmpty(data);
        Assert.All(data, lines => Assert.All(JsonRows.Of(new MemoryStream(Encoding.UTF8.GetBytes(lines)), "page"), row => Assert.NotEmpty(DataForm.Of(row.Parse(), row.Place).Drafts(row.Parse(), row.Place))));
    }
}
