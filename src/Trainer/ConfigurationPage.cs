using System.Text;

namespace PureLora;

/// <summary>docs/configuration.md, written from the settings themselves.</summary>
public static class ConfigurationPage
{
    const string Introduction = """
        # Configuration

        <!-- Written by `dotnet run -c Release --project src/Cli -- configuration > docs/configuration.md`. -->

        `purelora train` takes its settings from a YAML file, from flags, or from both:

        ```
        purelora train --config run.yaml --r 16 --learning-rate 2e-4
        ```

        A flag stands over the file, the file over the default. With all required settings as flags no file is needed. The
        words are those of Transformers and PEFT; a flag is its key with dashes.

        ```yaml
        model: ./base
        train_file: train.jsonl
        output_dir: ./adapter
        r: 16
        learning_rate: 2e-4
        target_modules: [q_proj, v_proj]
        prompt_template: "Question: {prompt}\nAnswer:"
        ```

        - The file is one flat mapping. An unknown key is an error, as are a key given twice and a value of the wrong kind.
        - Paths are relative to the current directory, in the file too.
        - Numbers are written like `8`, `0.0002`, `2e-4` or `1_000`; they need no quotes, and quotes make them text.
        - A switch such as `--use-rslora` may stand alone; `--use-rslora false` turns it off over a file.
        - `target_modules` is a list of names, each matched whole or as the end of a module's path, or one text. A text that is
          `all-linear`, or has one of the characters `\ ^ $ * + ? ( ) [ ] { } |`, is a pattern: every linear layer but the head,
          or a regular expression that matches the whole path. Any other text is names with commas between them:
          `--target-modules q_proj,v_proj`.


        """;

    /// <summary>The page; lines end in LF.</summary>
    public static string Markdown()
    {
        var page = new StringBuilder(Introduction.ReplaceLineEndings("\n"));
        page.Append("| Key | Flag | Default | Values | What it does |\n|---|---|---|---|---|\n");
        foreach (var key in ConfigKey.Of<TrainConfig>())
        {
            var standard = key.Required ? "required" : key.Default is "" ? "none" : key.Default is null ? key.DefaultText : $"`{key.DefaultText}`";
            page.Append($"| `{key.Key}` | `{key.Flag}` | {standard} | {Cell(key.Needs)} | {Cell(key.Description)} |\n");
        }
        return page.ToString();
    }

    static string Cell(string text) => text.Replace("|", "\\|").Replace("<", "&lt;");
}
