using System.IO.Compression;
using System.Text.Json;
using PureLora.Jinja;

namespace PureLora.Tests;

/// <summary>Real chat templates and conversations, rendered by Python's jinja2 as Transformers sets it up: third-party files.</summary>
public class GoldenChatTests
{
    static readonly DateTime Now = new(2025, 1, 15, 12, 34, 56);

    static JsonElement Fixture(string name)
    {
        string file = Path.Combine(TokenizerFolder.Fixtures("golden/chat"), name);
        Skip.IfNot(File.Exists(file), $"{file} is missing, so real chat templates were not tested.");
        using Stream stream = name.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(File.OpenRead(file), CompressionMode.Decompress) : File.OpenRead(file);
        return JsonDocument.Parse(stream).RootElement;
    }

    static ChatInput Input(JsonElement conversation, JsonElement specialTokens)
    {
        var variables = specialTokens.EnumerateObject().Where(t => t.Value.ValueKind != JsonValueKind.Null).ToDictionary(t => t.Name, t => t.Value);
        if (conversation.TryGetProperty("kwargs", out var more))
            foreach (var variable in more.EnumerateObject()) variables[variable.Name] = variable.Value;
        return new ChatInput(conversation.GetProperty("messages"))
        {
            Tools = conversation.TryGetProperty("tools", out var tools) ? tools : null,
            AddGenerationPrompt = conversation.TryGetProperty("add_generation_prompt", out var prompt) ? prompt.GetBoolean() : null,
            Variables = variables,
        };
    }

    static string Result(Func<string> render)
    {
        try
        {
            return render();
        }
        catch (ChatTemplateException e)
        {
            return $"{e.Kind}: {e.Raised}";
        }
    }

    static string Expected(JsonElement c) => c.TryGetProperty("expected", out var text) ? text.GetString()!
        : $"{c.GetProperty("expected_error").GetProperty("type").GetString()}: {c.GetProperty("expected_error").GetProperty("message").GetString()}";

    [SkippableTheory]
    [InlineData("chat.golden.json.gz", 150)]
    [InlineData("templates.golden.json.gz", 1050)]
    public void Real_templates_render_as_the_original_does(string name, int cases)
    {
        var golden = Fixture(name);
        var conversations = golden.GetProperty("conversations").EnumerateArray().ToDictionary(c => c.GetProperty("id").GetString()!);
        int seen = 0;
        foreach (var t in golden.GetProperty("templates").EnumerateArray())
        {
            var template = ChatTemplate.Parse(t.GetProperty("chat_template").GetString()!, t.GetProperty("name").GetString()!);
            Assert.Equal(t.GetProperty("template_sha256").GetString(), template.Hash);
            foreach (var c in t.GetProperty("cases").EnumerateArray())
            {
                var input = Input(conversations[c.GetProperty("conversation").GetString()!], t.GetProperty("special_tokens"));
                string got = Result(() => template.Render(input, Now).Text);
                Assert.True(Expected(c) == got, $"{t.GetProperty("name")}, {c.GetProperty("conversation")}:\n{Expected(c)}\n---\n{got}");
                seen++;
            }
        }
        Assert.Equal(cases, seen);
    }

    [SkippableFact]
    public void Features_are_those_of_the_original()
    {
        var golden = Fixture("features.golden.json");
        var given = SnippetTests.Given(golden.GetProperty("context"));
        foreach (var c in golden.GetProperty("cases").EnumerateArray())
        {
            var (text, spans) = SnippetTests.Render(c.GetProperty("template").GetString()!, given);
            Assert.True(Expected(c) == text, $"{c.GetProperty("template")}:\n{Expected(c)}\n---\n{text}");
            Assert.Equal(c.TryGetProperty("generation_spans", out var s) ? string.Join(' ', s.EnumerateArray().Select(p => $"{p[0]}-{p[1]}")) : "", spans);
        }
    }

    [SkippableTheory]
    [InlineData("qwen3")]
    [InlineData("deepseek_v3")]
    public void The_ids_of_a_conversation_are_the_originals(string name)
    {
        var golden = Fixture("chat.golden.json.gz");
        using var folder = TokenizerFolder.Fixture(name);
        var (tokenizer, template) = (folder.Load(), ChatTemplate.Load(folder.Folder)!);
        var conversations = golden.GetProperty("conversations").EnumerateArray().ToDictionary(c => c.GetProperty("id").GetString()!);
        var t = golden.GetProperty("templates").EnumerateArray().Single(t => t.GetProperty("name").GetString() == name);
        Assert.Equal(t.GetProperty("template_sha256").GetString(), template.Hash);
        foreach (var c in t.GetProperty("cases").EnumerateArray().Where(c => c.TryGetProperty("ids", out _)))
        {
            // The special tokens come from the folder.
            var input = Input(conversations[c.GetProperty("conversation").GetString()!], JsonDocument.Parse("{}").RootElement);
            Assert.Equal(c.GetProperty("ids").EnumerateArray().Select(i => i.GetInt32()), tokenizer.Encode(template.Render(input, Now).Text, addSpecialTokens: false));
        }
    }

    [SkippableFact]
    public void Assistant_spans_and_masks_are_those_of_Transformers()
    {
        var golden = Fixture("assistant-mask.golden.json");
        var conversations = golden.GetProperty("conversations").EnumerateArray().ToDictionary(c => c.GetProperty("id").GetString()!);
        int masks = 0;
        foreach (var set in golden.GetProperty("sets").EnumerateArray())
        {
            var template = ChatTemplate.Parse(set.GetProperty("chat_template").GetString()!, "set");
            string name = set.GetProperty("tokenizer").GetString()!;
            using var folder = Directory.Exists(Path.Combine(TokenizerFolder.Fixtures("golden/tokenizers"), name)) ? TokenizerFolder.Fixture(name) : null;
            var tokenizer = folder?.Load();
            foreach (var c in set.GetProperty("cases").EnumerateArray())
            {
                var chat = template.Render(Input(conversations[c.GetProperty("conversation").GetString()!], set.GetProperty("special_tokens")), Now);
                Assert.Equal(c.GetProperty("rendered").GetString(), chat.Text);
                Assert.Equal(c.GetProperty("spans_codepoints").EnumerateArray().Select(s => (s[0].GetInt32(), s[1].GetInt32())),
                    chat.AssistantSpans.Select(s => (CodePoints.IndexOf(chat.Text, s.Start), CodePoints.IndexOf(chat.Text, s.End))));
                if (tokenizer is null) continue;
                masks++;
                var offsets = tokenizer.EncodeWithOffsets(chat.Text, addSpecialTokens: false).Offsets;
                Assert.Equal(c.GetProperty("assistant_mask").EnumerateArray().Select(m => m.GetInt32() == 1),
                    offsets.Select(o => chat.AssistantSpans.Any(s => o.Start < s.End && o.End > s.Start)));
            }
        }
        Assert.True(masks > 0, "no tokenizer of the sets is at hand");
    }
}
