using System.Text.Json;

namespace PureLora.Tests;

/// <summary>Each form: what tells it, what it becomes, and what is wrong with records that are nearly of it.</summary>
public sealed class FormTests
{
    static (DataForm Form, Draft[] Drafts) Read(string json, string? name = null)
    {
        var record = new DataRow(System.Text.Encoding.UTF8.GetBytes(json), "d", 1).Parse();
        var form = name is null ? DataForm.Of(record, "d:1") : DataForm.Of(name);
        return (form, [.. form.Drafts(record, "d:1")]);
    }

    static string Error(string json, string? name = null) => Assert.Throws<PureLoraException>(() => Read(json, name)).Message;

    static ChatDraft Chat(string json) => Assert.IsType<ChatDraft>(Assert.Single(Read(json).Drafts));

    [Theory]
    [InlineData("""{"text": "a"}""", "text")]
    [InlineData("""{"prompt": "a", "completion": "b"}""", "prompt_completion")]
    [InlineData("""{"instruction": "a", "output": "b"}""", "alpaca")]
    [InlineData("""{"messages": [{"role": "user", "content": "a"}], "text": null}""", "messages")]
    [InlineData("""{"conversations": [{"from": "human", "value": "a"}]}""", "conversations")]
    [InlineData("""{"instruction": "a", "instances": [{"input": "", "output": "b"}]}""", "self_instruct")]
    [InlineData("""{"input_ids": [1, 2]}""", "tokens")]
    [InlineData("""{"prompt": "a", "chosen": "b", "rejected": "c"}""", "preference")]
    public void Keys_tell_the_form(string json, string name) => Assert.Equal(name, Read(json).Form.Name);

    [Fact]
    public void Keys_of_two_forms_stop_and_ask()
    {
        const string both = """{"instruction": "a", "input": "x", "output": "b", "chosen": "b", "rejected": "c"}""";
        Assert.Equal("d:1: the record's keys fit 2 forms (alpaca, preference), but training needs to know which is meant. Set data_form to one of them.", Error(both));
        Assert.Equal(new TextDraft("a", "x", "b", IsInstruction: true), Assert.Single(Read(both, "alpaca").Drafts));
        Assert.IsType<PreferenceDraft>(Assert.Single(Read(both, "preference").Drafts));
    }

    [Fact]
    public void Instances_are_examples_of_one_instruction()
    {
        Assert.Equal([new TextDraft("a", "x", "b", true), new TextDraft("a", "", "c", true)],
            Read("""{"instruction": "a", "instances": [{"input": "x", "output": "b"}, {"output": "c"}]}""").Drafts);
        Assert.Equal("d:1: instances[0] is an object without \"output\", but it needs {\"input\": ..., \"output\": ...}. Correct it.", Error("""{"instruction": "a", "instances": [{"input": "x"}]}"""));
        Assert.Equal("d:1: \"instances\" is an empty array, but training needs at least one entry. Fill it or remove the record.", Error("""{"instruction": "a", "instances": []}"""));
    }

    [Fact]
    public void The_words_of_Alpaca_have_two_forms_and_a_template_stands_over_them()
    {
        var alpaca = new PromptTemplate(PromptTemplate.Alpaca);
        Assert.Equal("Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n### Instruction:\n{input}\n\n### Response:\n", alpaca.Fill("{input}"));
        Assert.Equal("Below is an instruction that describes a task, paired with an input that provides further context. Write a response that appropriately completes the request.\n\n### Instruction:\n{input}\n\n### Input:\n{prompt}\n\n### Response:\n", alpaca.Fill("{input}", "{prompt}"));
        Assert.Equal("Q: do it\n\nthis A:", new PromptTemplate("Q: {prompt} A:").Fill("do it", "this"));
    }

    [Fact]
    public void Messages_keep_what_templates_need_and_lose_what_they_should_not_see()
    {
        var chat = Chat("""
            {"messages": [
              {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}], "name": null, "train": true},
              {"role": "assistant", "content": null, "tool_calls": [{"type": "function", "function": {"name": "f", "arguments": "{\"x\": 1}"}}], "weight": 0},
              {"role": "tool", "content": "r"}],
             "tools": "[{\"type\": \"function\"}]", "chat_template_kwargs": {"enable_thinking": false}}
            """);
        Assert.Equal("""[{"role":"user","content":"ab"},{"role":"assistant","content":null,"tool_calls":[{"type":"function","function":{"name":"f","arguments":{"x":1}}}]},{"role":"tool","content":"r"}]""", chat.Messages.ToString());
        Assert.Equal([new Turn("user", "ab", true), new Turn("assistant", "", false), new Turn("tool", "r", null)], chat.Turns);
        Assert.Equal(1, chat.Tools!.Value.GetArrayLength());
        Assert.Equal(JsonValueKind.False, chat.Variables["enable_thinking"].ValueKind);
    }

    [Fact]
    public void ShareGPT_becomes_messages()
    {
        var chat = Chat("""{"system": "s", "conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b", "weight": 1}, {"from": "Observation", "value": "c"}, {"role": "user", "content": "d"}]}""");
        Assert.Equal([new Turn("system", "s", null), new Turn("user", "a", null), new Turn("assistant", "b", true), new Turn("tool", "c", null), new Turn("user", "d", null)], chat.Turns);
    }

    [Fact]
    public void Prompt_and_completion_may_be_messages_and_say_where_the_answer_begins()
    {
        var chat = Chat("""{"prompt": [{"role": "user", "content": "a"}], "completion": [{"role": "assistant", "content": "b"}]}""");
        Assert.Equal((2, 1), (chat.Turns.Count, chat.Completion));
    }

    [Fact]
    public void Tokens_take_their_mask_from_labels_and_lose_padding()
    {
        var draft = Assert.IsType<IdsDraft>(Assert.Single(Read("""{"input_ids": [0, 5, 6, 7, 0, 0], "labels": [-100, -100, 6, 7, -100, -100], "attention_mask": [0, 1, 1, 1, 0, 0]}""").Drafts));
        Assert.Equal([5, 6, 7], draft.Ids);
        Assert.Equal([false, true, true], draft.Trained);
    }

    [Theory]
    [InlineData("""{"input_ids": [1, 2], "labels": [1]}""", "d:1: \"labels\" has 1 entries, but \"input_ids\" has 2 and both need as many. Correct the record.")]
    [InlineData("""{"input_ids": [1, 2], "labels": [2, -100]}""", "d:1: \"labels\"[0] is 2, but it needs the id there, 1, or -100. Do not shift labels: the loss does.")]
    [InlineData("""{"input_ids": [1, -2]}""", "d:1: \"input_ids\"[1] is -2, but an id needs 0 or more. Correct it.")]
    [InlineData("""{"input_ids": [1, 2.5]}""", "d:1: \"input_ids\"[1] is \"2.5\", but it needs to be a whole number. Correct it.")]
    [InlineData("""{"input_ids": [1, 2, 3], "attention_mask": [1, 0, 1]}""", "d:1: \"attention_mask\" has a 0 between tokens, but only the padding at either end can be left out. Write several documents as several records.")]
    [InlineData("""{"input_ids": [1], "attention_mask": [0]}""", "d:1: \"attention_mask\" has no 1, but an example needs a token. Remove the record.")]
    [InlineData("""{"messages": [1]}""", "d:1: messages[0] is a number, but a message needs {\"role\": ..., \"content\": ...}. Correct it.")]
    [InlineData("""{"messages": [{"content": "a"}]}""", "d:1: messages[0] has no \"role\", but a message needs one, such as \"user\". Add it.")]
    [InlineData("""{"messages": [{"role": "user"}]}""", "d:1: messages[0] has a content that is missing, but a message needs a string or a list of text parts. Correct it.")]
    [InlineData("""{"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}""", "d:1: messages[0]: content[0] is of type \"image_url\", but training needs {\"type\": \"text\", \"text\": ...}. Remove it, or leave the record out.")]
    [InlineData("""{"messages": [{"role": "user", "content": "a", "weight": 0.5}]}""", "d:1: messages[0] has weight \"0.5\", but it needs 0 or 1. Correct it.")]
    [InlineData("""{"conversations": [{"from": "alien", "value": "a"}]}""", "d:1: conversations[0] is from \"alien\", but a chat needs human, user, gpt, chatgpt, assistant, model, bot, bard, bing, function_call, system, tool, function, function_response or observation. Correct it.")]
    [InlineData("""{"conversations": [{"value": "a"}]}""", "d:1: conversations[0] is an object with other keys, but it needs {\"from\": ..., \"value\": ...}. Correct it.")]
    [InlineData("""{"chosen": "b", "rejected": "c"}""", "d:1: \"prompt\" is missing, but a text in \"chosen\" and in \"rejected\" needs one. Add it.")]
    [InlineData("""{"prompt": "a", "chosen": "b", "rejected": [{"role": "assistant", "content": "c"}]}""", "d:1: \"chosen\" is a string, but \"rejected\" is an array and both need the same. Correct the record.")]
    [InlineData("""{"messages": [{"role": "user", "content": "a\ud800"}]}""", "d:1: an escape is half of a surrogate pair, but training needs whole characters. Correct the \\u escapes of this line.")]
    public void A_bad_record_is_named_with_what_is_wrong(string json, string message)
    {
        var error = Assert.ThrowsAny<Exception>(() => Read(json));
        // What the reader of a whole file makes of it, for values that are only decoded here.
        Assert.Equal(message, error is InvalidOperationException ? DataRow.HalfCharacter("d:1", error).Message : error.Message);
    }

    [Fact]
    public void Every_form_can_be_named() =>
        Assert.Equal(DataForm.All.Select(form => form.Name), ConfigKey.Of<TrainConfig>().Single(key => key.Key == "data_form").Placeholder.Split('|'));
}
