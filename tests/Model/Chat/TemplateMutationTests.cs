using System.Diagnostics;
using System.Text;
using System.Text.Json;
using PureLora.Jinja;

namespace PureLora.Tests;

/// <summary>Broken copies of the snippets: a template ends in a text or in one error, and soon.</summary>
public class TemplateMutationTests
{
    [Fact]
    [Trait("Category", "Fuzz")]
    public void A_broken_template_gives_a_text_or_one_error()
    {
        var (given, cases) = SnippetTests.Snippets();
        byte[][] seeds = [.. cases.Select(c => Encoding.UTF8.GetBytes(c.GetProperty("template").GetString()!))];
        var rendered = 0;
        for (ulong i = 0; i < 4000; i++)
        {
            string template = Encoding.UTF8.GetString(new Mutation(i).Of(seeds[(int)(i % (ulong)seeds.Length)], seeds[(int)(i * 31 % (ulong)seeds.Length)]));
            var clock = Stopwatch.StartNew();
            try
            {
                // PythonError is what Render turns into a ChatTemplateException; anything else fails the test.
                rendered += SnippetTests.Render(template, given).Text.Length > 0 ? 1 : 0;
            }
            catch (Exception e)
            {
                Assert.Fail($"case {i}: {e}\n{template}");
            }
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(5), $"case {i} took {clock.Elapsed.TotalSeconds:0.0} s:\n{template}");
        }
        Assert.InRange(rendered, 1000, 4000);
    }

    [Theory]
    [InlineData("""[{"role": "user", "content": "\ud800"}]""")]
    [InlineData("""[{"\ud800": 1}]""")]
    public void Broken_unicode_in_a_conversation_is_refused(string messages)
    {
        var e = Assert.Throws<PureLoraException>(() => ChatTemplate.Parse("{{ messages }}", "t").Render(new ChatInput(JsonDocument.Parse(messages).RootElement)));
        Assert.StartsWith("t: the conversation holds what a template cannot be given", e.Message);
    }

    [Theory]
    [InlineData("1e999", "inf")]
    [InlineData("12345678901234567890123", "12345678901234567890123")]
    [InlineData("-0", "0")]
    [InlineData("1.0", "1.0")]
    [InlineData("{\"a\": 1, \"b\": 2, \"a\": 3}", "{'a': 3, 'b': 2}")]
    public void Json_is_read_as_Python_reads_it(string json, string shown) =>
        Assert.Equal(shown, ChatTemplate.Parse("{{ messages }}", "t").Render(new ChatInput(JsonDocument.Parse(json).RootElement)).Text);
}
