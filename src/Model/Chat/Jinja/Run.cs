using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text;

namespace PureLora.Jinja;

/// <summary>One rendering: its variables, what it has used of its limits, the line it is at, and the text so far.</summary>
internal sealed class Run(Limits limits, IReadOnlyDictionary<string, Value> given, DateTime now)
{
    readonly long start = Stopwatch.GetTimestamp();
    long steps;
    int calls;

    /// <summary>Variables set at the top level, which blocks see; others are bound to slots before the run.</summary>
    public Dictionary<string, Value> Variables { get; set; } = [];

    public Dictionary<string, Block> Blocks { get; init; } = [];

    /// <summary>The clock of <c>strftime_now</c>.</summary>
    public DateTime Now => now;

    /// <summary>The line of the template that is being run.</summary>
    public int Line { get; set; } = 1;

    /// <summary>Whether output is escaped for HTML (<c>{% autoescape %}</c>).</summary>
    public bool Escapes { get; set; }

    /// <summary>What has been written outside of all captured blocks.</summary>
    public StringBuilder Output { get; } = new();

    /// <summary>Spans of <c>{% generation %}</c> in UTF-16 units, each with its text.</summary>
    public List<(int Start, string Text)> Generated { get; } = [];

    public Value? Resolve(string name) =>
        Variables.TryGetValue(name, out var value) || given.TryGetValue(name, out value) || Globals.All.TryGetValue(name, out value) ? value : null;

    public void Step(long cost = 1)
    {
        long before = steps;
        steps += cost;
        if (before >> 12 != steps >> 12) Check();
    }

    void Check()
    {
        if (steps > limits.Steps) throw PythonError.Limit("the template's steps", limits.Steps);
        if (Stopwatch.GetElapsedTime(start) > limits.Time) throw PythonError.Limit("the template's time", $"{limits.Time.TotalSeconds:0.###} seconds");
    }

    /// <summary>Charges for a text that is about to be made, and refuses one that is too long.</summary>
    public void Making(long length)
    {
        if (length > limits.TextLength) throw PythonError.Limit("the length of a text", limits.TextLength);
        Step(length >> 5);
    }

    /// <summary>The same for a list.</summary>
    public void MakingList(long count)
    {
        if (count > Limits.ListLength) throw PythonError.Limit("the length of a list", Limits.ListLength);
        Step(count);
    }

    public TextValue Text(string text)
    {
        Making(text.Length);
        return new TextValue(text);
    }

    /// <summary>Writes into a buffer, or the output.</summary>
    public void Write(StringBuilder to, string text)
    {
        if (to.Length + (long)text.Length > limits.TextLength) throw PythonError.Limit("the length of a text", limits.TextLength);
        Step(text.Length >> 5);
        to.Append(text);
    }

    /// <summary>Runs what calls itself: a macro, a recursive loop, a block.</summary>
    public T Nested<T>(Func<T> call)
    {
        if (++calls > Limits.CallDepth) throw PythonError.Limit("the depth of calls", Limits.CallDepth);
        Descend();
        T result = call();
        calls--;
        return result;
    }

    /// <summary>Before every recursion: the stack must hold.</summary>
    public static void Descend()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack()) throw PythonError.Limit("the depth of the template", "the stack holds");
    }
}
