using System.Text;

namespace PureLora;

/// <summary>What <c>chat_template</c> names: a file, the template itself, or one that is built in.</summary>
static class ChatTemplates
{
    const int MostBytes = 1 << 20;

    /// <summary>The marks that many models of several families share; a turn of the assistant is trained with the mark that ends it.</summary>
    const string ChatMl = "{%- for message in messages %}"
        + "{{- '<|im_start|>' + message['role'] + '\\n' }}"
        + "{%- if message['role'] == 'assistant' %}{% generation %}{{- message['content'] + '<|im_end|>' }}{% endgeneration %}"
        + "{%- else %}{{- message['content'] + '<|im_end|>' }}{%- endif %}"
        + "{{- '\\n' }}"
        + "{%- endfor %}"
        + "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}";

    /// <summary>The template.</summary>
    /// <exception cref="PureLoraException">There is no such file, or it is no template.</exception>
    public static ChatTemplate Of(string setting)
    {
        if (setting == "chatml")
            return ChatTemplate.Parse(ChatMl, "chatml");
        if (setting.Contains("{%", StringComparison.Ordinal) || setting.Contains("{{", StringComparison.Ordinal))
            return ChatTemplate.Parse(setting, "chat_template");
        try
        {
            var file = new FileInfo(setting);
            if (file.Length > MostBytes)
                throw new PureLoraException($"{setting}: the file has {file.Length} bytes, but a chat template needs at most {MostBytes}. Check that chat_template names it.");
            return ChatTemplate.Parse(File.ReadAllText(setting, new UTF8Encoding(false, throwOnInvalidBytes: true)), setting);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DecoderFallbackException)
        {
            throw new PureLoraException($"{setting}: the chat template cannot be read ({e.Message.TrimEnd('.')}), but chat_template needs a file, a template with {{% or {{{{ in it, or chatml. Check the path.", e);
        }
    }
}
