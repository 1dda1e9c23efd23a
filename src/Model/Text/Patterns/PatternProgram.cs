namespace PureLora;

internal enum PatternOp { One, Run, Fork, Jump, Look, Atomic, Anchor, Remember, LeaveIfStill, Accept }

/// <summary>
/// One instruction. <c>One</c>: a character of Set. <c>Run</c>: A to B characters of Set. <c>Fork</c>: try A, then B.
/// <c>Look</c> and <c>Atomic</c>: the part from the next instruction on, then go to A; a look behind begins B to C
/// characters back. <c>Remember</c>: keep the place in register A. <c>LeaveIfStill</c>: to B where nothing was read since.
/// </summary>
internal readonly record struct PatternStep(PatternOp Op, int A = 0, int B = 0, int C = 0, CharSet? Set = null, Appetite Appetite = default, bool Ahead = false, bool Negated = false);

/// <summary>Which characters a match can begin with: ASCII ones by bit, others or none at all together.</summary>
internal readonly record struct PatternStart(ulong Low, ulong High, bool Others)
{
    public static readonly PatternStart Any = new(ulong.MaxValue, ulong.MaxValue, true);

    public PatternStart Or(PatternStart other) => new(Low | other.Low, High | other.High, Others || other.Others);

    public bool Fits(int c) => c < 64 ? (Low >> c & 1) != 0 : c < 128 ? (High >> (c - 64) & 1) != 0 : Others;
}

/// <summary>A regular expression as instructions for <see cref="PatternRun"/>, each with what can follow it.</summary>
internal sealed class PatternProgram
{
    const int LongestProgram = 20000, WidestLookBehind = 255;

    readonly List<PatternStep> steps = [];
    int emitted;

    public PatternStep[] Steps { get; private set; } = [];

    /// <summary>What a match from each instruction can begin with.</summary>
    public PatternStart[] Starts { get; private set; } = [];

    public int Registers { get; private set; }

    /// <exception cref="FormatException">The pattern is larger or looks further back than is supported.</exception>
    public static PatternProgram Of(PatternNode node)
    {
        var program = new PatternProgram();
        program.Emit(node);
        program.Add(new(PatternOp.Accept));
        program.Steps = [.. program.steps];
        program.FindStarts();
        return program;
    }

    int Add(PatternStep step)
    {
        if (steps.Count == LongestProgram) throw TooLong();
        steps.Add(step);
        return steps.Count - 1;
    }

    static FormatException TooLong() => new($"repeats that make it longer than {LongestProgram} steps");

    void Emit(PatternNode node)
    {
        // Repeats of nothing add no step, and would be counted for ever.
        if (++emitted > 4 * LongestProgram) throw TooLong();
        switch (node)
        {
            case PatternNode.Single one:
                Add(new(PatternOp.One, Set: one.Set));
                break;
            case PatternNode.Series series:
                foreach (var part in series.Parts) Emit(part);
                break;
            case PatternNode.Choice choice:
                EmitChoice(choice.Options);
                break;
            case PatternNode.Anchor anchor:
                Add(new(PatternOp.Anchor, A: (int)anchor.Kind));
                break;
            case PatternNode.Atomic atomic:
                EmitInside(atomic.Part, new(PatternOp.Atomic));
                break;
            case PatternNode.Look look:
                var (least, most) = look.Ahead ? (0, 0) : Width(look.Part);
                if (most > WidestLookBehind) throw new FormatException($"a look behind over more than {WidestLookBehind} characters");
                EmitInside(look.Part, new(PatternOp.Look, B: least, C: most, Ahead: look.Ahead, Negated: look.Negated));
                break;
            case PatternNode.Repeat { Part: PatternNode.Single single } run:
                Add(new(PatternOp.Run, run.Least, run.Most, Set: single.Set, Appetite: run.Appetite));
                break;
            case PatternNode.Repeat { Appetite: Appetite.Possessive } repeat:
                EmitInside(repeat with { Appetite = Appetite.Greedy }, new(PatternOp.Atomic));
                break;
            case PatternNode.Repeat repeat:
                EmitRepeat(repeat);
                break;
        }
    }

    void EmitInside(PatternNode part, PatternStep around)
    {
        int start = Add(around);
        Emit(part);
        Add(new(PatternOp.Accept));
        steps[start] = around with { A = steps.Count };
    }

    void EmitChoice(List<PatternNode> options)
    {
        var jumps = new List<int>();
        for (int i = 0; i + 1 < options.Count; i++)
        {
            int fork = Add(new(PatternOp.Fork, steps.Count + 1));
            Emit(options[i]);
            jumps.Add(Add(new(PatternOp.Jump)));
            steps[fork] = steps[fork] with { B = steps.Count };
        }
        Emit(options[^1]);
        foreach (int jump in jumps) steps[jump] = steps[jump] with { A = steps.Count };
    }

    void EmitRepeat(PatternNode.Repeat repeat)
    {
        for (int i = 0; i < repeat.Least; i++) Emit(repeat.Part);
        bool lazy = repeat.Appetite == Appetite.Lazy;
        if (repeat.Most == int.MaxValue)
        {
            int register = Registers++;
            int fork = Add(new(PatternOp.Fork));
            int body = Add(new(PatternOp.Remember, register));
            Emit(repeat.Part);
            int leave = Add(new(PatternOp.LeaveIfStill, register));
            Add(new(PatternOp.Jump, fork));
            steps[leave] = steps[leave] with { B = steps.Count };
            steps[fork] = lazy ? steps[fork] with { A = steps.Count, B = body } : steps[fork] with { A = body, B = steps.Count };
            return;
        }
        var forks = new List<int>();
        for (int i = repeat.Least; i < repeat.Most; i++)
        {
            forks.Add(Add(new(PatternOp.Fork, steps.Count + 1)));
            Emit(repeat.Part);
        }
        foreach (int fork in forks)
            steps[fork] = lazy ? steps[fork] with { A = steps.Count, B = fork + 1 } : steps[fork] with { A = fork + 1, B = steps.Count };
    }

    static (int Least, int Most) Width(PatternNode node) => node switch
    {
        PatternNode.Single => (1, 1),
        PatternNode.Series series => series.Parts.Select(Width).Aggregate((0, 0), (a, b) => (a.Item1 + b.Least, a.Item2 + b.Most)),
        PatternNode.Choice choice => choice.Options.Select(Width).Aggregate((a, b) => (Math.Min(a.Least, b.Least), Math.Max(a.Most, b.Most))),
        PatternNode.Atomic atomic => Width(atomic.Part),
        PatternNode.Repeat repeat when repeat.Most <= WidestLookBehind && Width(repeat.Part) is var (least, most) && most <= WidestLookBehind => (least * repeat.Least, most * repeat.Most),
        PatternNode.Repeat => (0, WidestLookBehind + 1),
        _ => (0, 0),
    };

    /// <summary>Backwards over the steps until nothing changes: once for straight ones, once more for each loop in a loop.</summary>
    void FindStarts()
    {
        Starts = new PatternStart[Steps.Length];
        for (bool changed = true; changed;)
        {
            changed = false;
            for (int at = Steps.Length - 1; at >= 0; at--)
            {
                var step = Steps[at];
                var start = step.Op switch
                {
                    PatternOp.Accept => PatternStart.Any,
                    PatternOp.One => Of(step.Set!),
                    PatternOp.Run when step.A > 0 => Of(step.Set!),
                    PatternOp.Run => Of(step.Set!).Or(Starts[at + 1]),
                    PatternOp.Jump or PatternOp.Look => Starts[step.A],
                    PatternOp.Fork => Starts[step.A].Or(Starts[step.B]),
                    PatternOp.LeaveIfStill => Starts[at + 1].Or(Starts[step.B]),
                    _ => Starts[at + 1],
                };
                changed |= start != Starts[at];
                Starts[at] = start;
            }
        }
    }

    static PatternStart Of(CharSet set) => new(set.Ascii.Low, set.Ascii.High, true);
}
