using System.Text;

namespace PureLora;

/// <summary>What <c>chat_template</c> names: a file, the template itself, or one that is built in.</summary>
static class ChatTemplates
{
    const int MostBytes = 1 << 20;

    const string End = "<|im_end|>";

    /// <summary>The marks that many models of several families share; END stands for what ends a turn, which is trained in the assistant's.</summary>
    const string ChatMl = "{%- for message in messages %}"
        + "{{- '<|im_start|>' + message['role'] + '\n' }}"
        + "{%- if message['role'] == 'assistant' %}{% generation %}{{- message['content'] + END }}{% endgeneration %}"
        + "{%- else %}{{- message['content'] + END }}{%- endif %}"
        + "{{- '\n' }}"
        + "{%- endfor %}"
        + "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\n' }}{%- endif %}";

    /// <summary>The template.</summary>
    /// <param name="setting">The setting.</param>
    /// <param name="folder">The model's, whose special tokens the template may name.</param>
    /// <param name="vocabulary">The model's: <c>chatml</c> ends a turn with <c>&lt;|im_end|&gt;</c> where generation ends at that token, else with EOS, so that the model stops.</param>
    /// <exception cref="PureLoraException">There is no such file, or it is no template.</exception>
    public static ChatTemplate Of(string setting, string folder, Vocabulary vocabulary)
    {
        if (setting == "chatml" && vocabulary.EosId is null)
            throw new PureLoraException($"{folder}: the tokenizer has no EOS token, but chatml ends a turn with it. Set eos_token in tokenizer_config.json, or use a template with an end of its own.");
        if (setting == "chatml")
            return ChatTemplate.Parse((vocabulary.AddsBos ? "{{- bos_token }}" : "") + ChatMl.Replace("END", vocabulary.Stops.Any(id => vocabulary.Decode(id) == End) ? $"'{End}'" : "eos_token", StringComparison.Ordinal), "chatml", folder);
        return Text(setting, folder);
    }

    /// <summary>The template in a file, or the setting itself.</summary>
    public static ChatTemplate Text(string setting, string folder)
    {
        if (setting.Contains("{%", StringComparison.Ordinal) || setting.Contains("{{", StringComparison.Ordinal))
            return ChatTemplate.Parse(setting, "chat_template", folder);
        try
        {
            var file = new FileInfo(setting);
            if (file.Length > MostBytes)
                throw new PureLoraException($"{setting}: the file has {file.Length} bytes, but a chat template needs at most {MostBytes}. Check that chat_template names it.");
            return ChatTemplate.Parse(File.ReadAllText(setting, new UTF8Encoding(false, throwOnInvalidBytes: true)), setting, folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DecoderFallbackException)
        {
            throw new PureLoraException($"{setting}: the chat template cannot be read ({e.Message.TrimEnd('.')}), but chat_template needs a file, a template with {{% or {{{{ in it, or chatml. Check the path.", e);
        }
    }
}
