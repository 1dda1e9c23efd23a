using System.Text;
using System.Text.Json;

namespace PureLora;

/// <summary>
/// The templates of a tokenizer's folder by name, with the file each stands in: <c>chat_template.jinja</c> and
/// <c>additional_chat_templates/NAME.jinja</c>, else <c>chat_template.json</c>, else <c>chat_template</c> of
/// <c>tokenizer_config.json</c>, which is a text or a list of names and texts. A single text is <c>default</c>.
/// </summary>
internal static class ChatTemplateFiles
{
    const string Default = "default";
    const int LargestTemplate = 4 << 20;

    public static Dictionary<string, (string Source, string Where)> Read(string folder)
    {
        var found = new Dictionary<string, (string, string)>();
        string jinja = Path.Combine(folder, "chat_template.jinja"), more = Path.Combine(folder, "additional_chat_templates");
        if (File.Exists(jinja)) found[Default] = (Text(jinja), jinja);
        if (Directory.Exists(more))
            foreach (string file in Directory.GetFiles(more, "*.jinja").Order(StringComparer.Ordinal))
                found[Path.GetFileNameWithoutExtension(file)] = (Text(file), file);
        foreach (string name in (string[])["chat_template.json", "tokenizer_config.json"])
        {
            string file = Path.Combine(folder, name);
            if (found.Count == 0 && File.Exists(file)) ReadKey(file, found);
        }
        return found;
    }

    static void ReadKey(string file, Dictionary<string, (string, string)> found)
    {
        using var document = JsonPlace.Parse(file);
        if (new JsonPlace(file, "", document.RootElement).Find("chat_template") is not { } place) return;
        string where = $"{file}: chat_template";
        if (place.Value.ValueKind != JsonValueKind.Array)
            found[Default] = (Checked(place.Text(), where), where);
        else
            foreach (var entry in place.Items())
            {
                string name = entry.Text("name");
                found[name] = (Checked(entry.Text("template"), where), $"{where} {Quote.Name(name)}");
            }
    }

    static string Text(string file)
    {
        try
        {
            if (new FileInfo(file).Length > LargestTemplate) throw TooLong(file);
            return File.ReadAllText(file, new UTF8Encoding(false, throwOnInvalidBytes: true));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DecoderFallbackException)
        {
            throw new PureLoraException($"{file}: cannot be read ({e.Message}). Check that it is a chat template in UTF-8.", e);
        }
    }

    static string Checked(string source, string where) => source.Length > LargestTemplate ? throw TooLong(where) : source;

    static PureLoraException TooLong(string where) =>
        new($"{where}: the template is longer than {LargestTemplate} bytes, but a chat template needs a few thousand. Check that it is the right file.");
}
