using System.Text;
using PureLora.Kernels;

namespace PureLora;

/// <summary>
/// Writes the text that the built-in model learns from. A pair is a fact asked in one way; some pairs are held out,
/// so their questions are new to the model while their facts were asked for in seven other ways.
/// </summary>
/// <remarks>
/// Three files: what the base learns (plain answers), what the adapter learns (the same answers as JSON), and the held-out
/// questions with both answers. Same program, same bytes: every choice is a Philox number of a fixed seed.
/// </remarks>
internal static class TinyText
{
    internal const ulong Seed = 20;
    internal const int HeldOutPerKind = 20, AdapterPerKind = 100;

    internal sealed record Pair(TinyFacts.Fact Fact, int Way);

    /// <summary>A question, what the base answers, and the same as JSON; <see cref="Json"/> is empty where another form is asked for.</summary>
    internal sealed record Example(string Prompt, string Plain, string Json);

    static readonly TinyFacts.Fact[] Facts = Shuffled(TinyFacts.All, 1);

    /// <summary>Per kind, twenty facts, each held out in one way; the ways take turns.</summary>
    internal static IReadOnlyList<Pair> HeldOutPairs { get; } =
        [.. Facts.GroupBy(f => f.Kind).SelectMany(g => g.Take(HeldOutPerKind).Select((f, i) => new Pair(f, i % TinyQuestions.Ways)))];

    /// <summary>Every other pair, in a fixed random order.</summary>
    internal static IReadOnlyList<Pair> TaughtPairs { get; } = Shuffled(
        Facts.SelectMany(f => Enumerable.Range(0, TinyQuestions.Ways).Select(w => new Pair(f, w))).Except(HeldOutPairs), 2);

    /// <summary>What the base learns: each taught pair twice in the plain form and twice in other forms, after other openers.</summary>
    internal static IReadOnlyList<Example> Base { get; } = Shuffled(TaughtPairs.SelectMany((p, i) => Four(p, (uint)i)), 5);

    /// <summary>What the adapter learns.</summary>
    internal static IReadOnlyList<Example> Adapter { get; } = Shuffled(
        TaughtPairs.GroupBy(p => p.Fact.Kind).SelectMany(g => g.Take(AdapterPerKind)).Select((p, i) => Say(p, Draw(6, (uint)i) % 4)), 7);

    internal static IReadOnlyList<Example> HeldOut { get; } = Shuffled(HeldOutPairs.Select((p, i) => Say(p, Draw(8, (uint)i) % 4)), 9);

    /// <summary>The file that the base learns from, as prompt and plain completion.</summary>
    internal static string BaseFile() => Lines(Base, e => Line(("prompt", e.Prompt), ("completion", e.Plain)));

    /// <summary>The file that the adapter learns from, as prompt and JSON completion.</summary>
    internal static string AdapterFile() => Lines(Adapter, e => Line(("prompt", e.Prompt), ("completion", e.Json)));

    /// <summary>The held-out questions, with the JSON completion and the plain one.</summary>
    internal static string HeldOutFile() =>
        Lines(HeldOut, e => Line(("prompt", e.Prompt), ("completion", e.Json), ("plain", e.Plain)));

    /// <summary>The four examples of a pair: two plain after different openers, two in different other forms.</summary>
    static IEnumerable<Example> Four(Pair pair, uint i)
    {
        uint manner = Draw(10, i) % 5, other = manner + 1 + Draw(11, i) % 4;
        return
        [
            Say(pair, Draw(3, i) % 2), Say(pair, 2 + Draw(4, i) % 2),
            Ask(pair, Draw(12, i) % 4, manner), Ask(pair, Draw(13, i) % 4, other),
        ];
    }

    static Example Say(Pair pair, uint opener) => new(
        TinyQuestions.Openers[(int)opener] + TinyQuestions.Ask(pair.Fact, pair.Way),
        pair.Fact.Answer + ".",
        $$"""{"kind": "{{pair.Fact.Kind}}", "answer": "{{pair.Fact.Answer}}"}""");

    /// <summary>The question with a request for another form than the plain one.</summary>
    static Example Ask(Pair pair, uint opener, uint manner)
    {
        var (request, form) = TinyQuestions.Manners[(int)(manner % 5)];
        string answer = form.Replace("{kind}", pair.Fact.Kind).Replace("{answer}", pair.Fact.Answer);
        return new(TinyQuestions.Openers[(int)opener] + TinyQuestions.Ask(pair.Fact, pair.Way) + request, answer, "");
    }

    /// <summary>The one place that random numbers come from: number <paramref name="index"/> of a stream.</summary>
    static uint Draw(uint stream, uint index) => Philox.Block(Seed, index, stream, 0, 0).X;

    static T[] Shuffled<T>(IEnumerable<T> items, uint stream) =>
        [.. items.Select((item, i) => (item, key: Draw(stream, (uint)i))).OrderBy(p => p.key).Select(p => p.item)];

    static string Lines(IEnumerable<Example> examples, Func<Example, string> line) =>
        examples.Aggregate(new StringBuilder(), (text, e) => text.Append(line(e)).Append('\n')).ToString();

    static string Line(params (string Key, string Value)[] members) =>
        "{" + string.Join(", ", members.Select(m => $"\"{m.Key}\": \"{m.Value.Replace("\\", "\\\\").Replace("\"", "\\\"")}\"")) + "}";
}
