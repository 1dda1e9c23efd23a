using System.Diagnostics;
using System.Text;
using System.Text.Json;
using PureLora.Jinja;

namespace PureLora.Tests;

/// <summary>A template is somebody else's program: it ends, with an error that names what it used too much of.</summary>
public class TemplateLimitTests
{
    static ChatTemplateException Refused(string template) => Assert.Throws<ChatTemplateException>(() =>
        ChatTemplate.Parse(template, "t").Render(new ChatInput(JsonDocument.Parse("[]").RootElement)));

    [Theory]
    [InlineData("{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}", "the template's steps")]
    [InlineData("{{ 'a' * 1000000000 }}", "the length of a text")]
    [InlineData("{{ '%1000000000d' % 1 }}", "the length of a text")]
    [InlineData("{{ 'a' | center(1000000000) }}", "the length of a text")]
    [InlineData("{{ [0] * 1000000000 }}", "the length of a list")]
    [InlineData("{{ 9 ** 99999 }}", "the bits of a whole number")]
    [InlineData("{% set ns = namespace(x='a') %}{% for i in range(100) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}", "the length of a text")]
    [InlineData("{% set ns = namespace(x=[1]) %}{% for i in range(100) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}", "the size of a value with all in it")]
    [InlineData("{% set ns = namespace(x=[1]) %}{% for i in range(1000) %}{% set ns.x = [ns.x] %}{% endfor %}", "the depth of a value")]
    [InlineData("{% set ns = namespace() %}{% for i in range(1000) %}{% set ns.x = namespace(y=ns.x) %}{% endfor %}{{ ns }}", "the depth of a value")]
    [InlineData("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "the depth of calls")]
    [InlineData("{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}", "the depth of calls")]
    [InlineData("{% block b %}{{ self.b() }}{% endblock %}", "the depth of calls")]
    [InlineData("{% macro f(n) %}{{ f(n + 1) if n < 60 }}{{ f(n + 1) if n < 60 }}{% endmacro %}{{ f(0) }}", "the template's steps")]
    public void Too_much_is_refused_by_name(string template, string what)
    {
        var e = Refused(template);
        Assert.Equal("LimitError", e.Kind);
        Assert.StartsWith(what, e.Raised);
    }

    [Theory]
    [InlineData("{{ 'a' | center(-9999999999) }}{{ 'a'.zfill(-9999999999) }}{{ 'a'.ljust(-9999999999) }}{{ 'a'.expandtabs(-9999999999) }}", "aaaa")]
    [InlineData("{{ 'abc'[-9999999999:9999999999:9999999999] }}{{ 'abc'.find('c', -9999999999, 9999999999) }}{{ [1].index(1, -9999999999) }}", "a20")]
    [InlineData("{{ 'abc' | truncate(9999999999) }}{{ 'a b' | wordwrap(9999999999) }}{{ 1.5 | round(-9999999999) }}{{ 15 | round(-9999999999) }}", "abca b0.00")]
    [InlineData("{{ 'a b c'.split(' ', -9999999999) }}{{ 'aaa' | replace('a', 'b', 9999999999) }}{{ '%s' % 9999999999 }}", "['a', 'b', 'c']bbb9999999999")]
    [InlineData("{{ 'a' | indent(-9999999999, true) }}{{ range(5)[9999999999:] | list }}{{ [1] * -9999999999 }}{{ [1] | tojson(indent=-9999999999) }}", "a[][][\n1\n]")]
    public void Numbers_out_of_all_range_count_as_very_large(string template, string text) =>
        Assert.Equal(text, ChatTemplate.Parse(template, "t").Render(new ChatInput(JsonDocument.Parse("[]").RootElement)).Text);

    [Fact]
    public void Jinjas_own_limit_on_ranges_holds() => Assert.Equal("OverflowError", Refused("{{ range(100001) }}").Kind);

    public static TheoryData<string, string, string> Nests => new()
    {
        { "{{ ", "(", " }}" }, { "{{ ", "[", "" }, { "{{ ", "not ", "1 }}" }, { "{{ ", "-", "1 }}" }, { "{{ 1", "+1", " }}" }, { "{{ a", ".b", " }}" }, { "{{ a", "|list", " }}" },
        { "{{ a", "[0]", " }}" }, { "{{ a", " if a else a", " }}" }, { "", "{% if 1 %}", "" }, { "", "{% for a in b %}", "" }, { "", "{% set a %}", "" }, { "{{ a", " is b(1", "" }, { "{{ a", "|f(1", "" },
    };

    [Theory]
    [MemberData(nameof(Nests))]
    public void Depth_is_refused_even_on_a_small_stack(string open, string piece, string close)
    {
        Exception? thrown = null;
        var thread = new Thread(() => thrown = Record.Exception(() => ChatTemplate.Parse(open + new StringBuilder().Insert(0, piece, 20_000) + close, "t")), 256 << 10);
        thread.Start();
        thread.Join();
        Assert.StartsWith("the depth of ", Assert.IsType<ChatTemplateException>(thrown).Raised);
    }

    [Fact]
    public void The_deepest_template_renders_on_a_small_stack_or_says_that_it_does_not_fit()
    {
        string deep = "{% macro f(n) %}" + string.Concat(Enumerable.Repeat("{% if n %}", 90)) + new string('[', 60) + "{{ f(n - 1) if n }}" + string.Concat(Enumerable.Repeat("{% endif %}", 90)) + "{% endmacro %}{{ f(150) }}";
        Exception? thrown = null;
        var thread = new Thread(() => thrown = Record.Exception(() => ChatTemplate.Parse(deep, "t").Render(new ChatInput(JsonDocument.Parse("[]").RootElement))), 256 << 10);
        thread.Start();
        thread.Join();
        Assert.Equal("the depth of the template would be more than the stack holds", Assert.IsType<ChatTemplateException>(thrown).Raised);
    }

    [Fact]
    public void Time_is_the_last_resort()
    {
        var limits = Limits.For(0) with { Time = TimeSpan.Zero };
        var e = Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse("{% for i in range(100000) %}{% endfor %}", "t")
            .Render(new ChatInput(JsonDocument.Parse("[]").RootElement), DateTime.Now, limits));
        Assert.Equal("the template's time would be more than 0 seconds", e.Raised);
    }

    [Fact]
    public void A_long_conversation_gets_more_steps()
    {
        var template = ChatTemplate.Parse("{% for m in messages %}{% for n in messages %}{% if loop.last %}.{% endif %}{% endfor %}{% endfor %}", "t");
        string messages = JsonSerializer.Serialize(Enumerable.Range(0, 2000).Select(i => new { role = "user", content = new string('x', 100) }));
        Assert.Equal(2000, template.Render(new ChatInput(JsonDocument.Parse(messages).RootElement)).Text.Length);
    }

    /// <summary>Work that grows faster than what it is given is charged, so none of these is slow.</summary>
    [Theory]
    [InlineData("{{ ('a' * 4000000).find('a' * 2000000 ~ 'b') }}")]
    [InlineData("{{ ('a' * 4000000).replace('', 'x' * 100) }}")]
    [InlineData("{{ ('-' * 500000) | wordwrap(3) | length }}")]
    [InlineData("{{ ('<!--' * 400000) | striptags | length }}")]
    [InlineData("{{ ('1' * 4000000) | int }}")]
    [InlineData("{{ [['a'] * 1000] * 1000 == [['a'] * 1000] * 1000 }}")]
    [InlineData("{% set s = 'ab' * 1000000 %}{% for i in range(100000) %}{% set x = s.isalpha() %}{% endfor %}")]
    [InlineData("{% set b = 3 ** 9000 %}{% for i in range(100000) %}{% set x = b // (b - 7) %}{% endfor %}")]
    public void Hidden_work_is_charged(string template)
    {
        var clock = Stopwatch.StartNew();
        Record.Exception(() => ChatTemplate.Parse(template, "t").Render(new ChatInput(JsonDocument.Parse("[]").RootElement)));
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 5);
    }
}
