using System.Text;

namespace PureLora;

/// <summary>
/// What an adapter's folder says of its chat template: the hash, in <c>purelora.yaml</c>, and the template itself, in <c>chat_template.jinja</c>,
/// where it is not the model's own. An adapter answers badly under another template, so using it checks the hash.
/// </summary>
public static class TemplateRecord
{
    public const string Name = "chat_template.jinja";

    /// <summary>Writes the template beside the adapter, unless the model has the same.</summary>
    internal static void Write(string folder, string model, ChatTemplate? template)
    {
        if (template is not null && ChatTemplate.Load(model)?.Hash != template.Hash)
            AtomicFile.Write(Path.Combine(folder, Name), stream => stream.Write(Encoding.UTF8.GetBytes(template.Source)));
    }

    /// <summary>The template to use a model with its adapter: that beside the adapter, else the model's own; null where neither has one.</summary>
    /// <exception cref="PureLoraException">It is not the one that the adapter was trained with.</exception>
    public static ChatTemplate? Of(string model, string adapter)
    {
        var path = Path.Combine(adapter, Name);
        var template = File.Exists(path) ? ChatTemplates.Text(path, model) : ChatTemplate.Load(model);
        var settings = Path.Combine(adapter, OutputFolder.Marker);
        if (Recorded(settings) is not { Length: > 0 } hash || hash == template?.Hash)
            return template;
        throw new PureLoraException($"{(File.Exists(path) ? path : model)}: the chat template {(template is null ? "is missing" : $"has the hash {template.Hash}")}, but {adapter} was trained with {hash} and needs that one. "
            + $"Put it back, or into {path}; to use the adapter anyway, remove chat_template_sha256 from {settings}.");
    }

    /// <summary>The hash that the run wrote down; null where there is none, or the file cannot be read.</summary>
    static string? Recorded(string settings)
    {
        try
        {
            return File.Exists(settings) ? ConfigFile.Read(settings).ChatTemplateSha256 : null;
        }
        catch (PureLoraException)
        {
            return null;
        }
    }
}
