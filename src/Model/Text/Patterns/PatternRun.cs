using System.Runtime.CompilerServices;

namespace PureLora;

/// <summary>Where to go on when all else fails: at an instruction and a place, or, for a run, anywhere from Least to At.</summary>
internal readonly record struct PatternChoice(int Step, int At, int Least, PatternChoiceKind Kind);

internal enum PatternChoiceKind { Fork, Shrink, Grow, Register }

/// <summary>Runs a <see cref="PatternProgram"/> over one text, backtracking in an order that Oniguruma shares, on a stack of its own.</summary>
internal ref struct PatternRun(PatternProgram program, ReadOnlySpan<char> text, WorkLimit limit, Span<PatternChoice> room)
{
    const int StepsBetweenReports = 1 << 16;

    readonly WorkLimit limit = limit;
    readonly ReadOnlySpan<char> text = text;
    readonly PatternStep[] steps = program.Steps;
    readonly PatternStart[] starts = program.Starts;
    readonly int[] registers = program.Registers == 0 ? [] : new int[program.Registers];
    Span<PatternChoice> choices = room;
    int count;
    long spent;

    /// <summary>The first match that begins at or after <paramref name="from"/>.</summary>
    public bool Find(int from, out int start, out int end)
    {
        var first = starts[0];
        for (start = from; start < text.Length; start++)
        {
            char c = text[start];
            spent++;
            if (!first.Fits(c) || (char.IsLowSurrogate(c) && start > 0 && char.IsHighSurrogate(text[start - 1]))) continue;
            if ((end = Match(0, start)) >= 0) return true;
        }
        end = start == text.Length ? Match(0, start) : -1;
        return end >= 0;
    }

    /// <summary>Tells the limit what was spent since the last time.</summary>
    public void Report()
    {
        limit.Spend(spent, "a pattern's cost");
        spent = 0;
    }

    /// <summary>The end of the match that begins here with this instruction; -1 where there is none.</summary>
    int Match(int step, int at)
    {
        int floor = count;
        while (true)
        {
            if (++spent >= StepsBetweenReports) Report();
            ref readonly var now = ref steps[step];
            bool fits = true;
            switch (now.Op)
            {
                case PatternOp.One:
                    fits = at < text.Length && now.Set!.Contains(PointAt(at, out int width)) && Step(ref at, width);
                    step++;
                    break;
                case PatternOp.Run:
                    fits = TakeRun(in now, step, ref at);
                    step++;
                    break;
                case PatternOp.Fork:
                    int next = at < text.Length ? text[at] : -1;
                    bool second = next < 0 || starts[now.B].Fits(next);
                    if (next < 0 || starts[now.A].Fits(next))
                    {
                        if (second) Push(new(now.B, at, 0, PatternChoiceKind.Fork));
                        step = now.A;
                    }
                    else
                    {
                        fits = second;
                        step = now.B;
                    }
                    break;
                case PatternOp.Jump:
                    step = now.A;
                    break;
                case PatternOp.Look:
                    fits = (now.Ahead ? Match(step + 1, at) >= 0 : IsBehind(in now, step + 1, at)) != now.Negated;
                    step = now.A;
                    break;
                case PatternOp.Atomic:
                    int end = Match(step + 1, at);
                    fits = end >= 0;
                    (step, at) = (now.A, end);
                    break;
                case PatternOp.Anchor:
                    fits = Holds((AnchorKind)now.A, at);
                    step++;
                    break;
                case PatternOp.Remember:
                    Push(new(now.A, registers[now.A], 0, PatternChoiceKind.Register));
                    registers[now.A] = at;
                    step++;
                    break;
                case PatternOp.LeaveIfStill:
                    step = registers[now.A] == at ? now.B : step + 1;
                    break;
                case PatternOp.Accept:
                    count = floor;
                    return at;
            }
            if (!fits && !Back(floor, out step, out at)) return -1;
        }
    }

    /// <summary>Takes the newest choice that is left, down to <paramref name="floor"/>.</summary>
    bool Back(int floor, out int step, out int at)
    {
        while (count > floor)
        {
            ref var choice = ref choices[count - 1];
            (step, at) = (choice.Step, choice.At);
            switch (choice.Kind)
            {
                case PatternChoiceKind.Register:
                    registers[step] = at;
                    count--;
                    continue;
                case PatternChoiceKind.Fork:
                    count--;
                    return true;
                case PatternChoiceKind.Shrink:
                    at -= at > 1 && char.IsLowSurrogate(text[at - 1]) && char.IsHighSurrogate(text[at - 2]) ? 2 : 1;
                    choice = choice with { At = at };
                    if (at <= choice.Least) count--;
                    return true;
                default:
                    // A lazy run takes one more, of as many as are left.
                    ref readonly var run = ref steps[step - 1];
                    if (at >= text.Length || choice.Least == 0 || !run.Set!.Contains(PointAt(at, out int width)))
                    {
                        count--;
                        continue;
                    }
                    at += width;
                    choice = choice with { At = at, Least = choice.Least - 1 };
                    return true;
            }
        }
        (step, at) = (0, 0);
        return false;
    }

    bool TakeRun(in PatternStep run, int step, ref int at)
    {
        int taken = 0, least = at, start = at;
        int most = run.Appetite == Appetite.Lazy ? run.A : run.B;
        while (taken < most && at < text.Length && run.Set!.Contains(PointAt(at, out int width)))
        {
            at += width;
            if (++taken == run.A) least = at;
        }
        spent += at - start;
        if (taken < run.A) return false;
        if (run.Appetite == Appetite.Lazy) Push(new(step + 1, at, run.B == int.MaxValue ? int.MaxValue : run.B - run.A, PatternChoiceKind.Grow));
        else if (run.Appetite == Appetite.Greedy && at > least) Push(new(step + 1, at, least, PatternChoiceKind.Shrink));
        return true;
    }

    bool IsBehind(in PatternStep look, int step, int at)
    {
        int start = at;
        for (int back = 0; back <= look.C; back++)
        {
            if (back >= look.B && MatchTo(step, start, at)) return true;
            if (start == 0) return false;
            start -= start > 1 && char.IsLowSurrogate(text[start - 1]) && char.IsHighSurrogate(text[start - 2]) ? 2 : 1;
        }
        return false;
    }

    /// <summary>Whether the part matches up to just <paramref name="end"/>: its text ends there.</summary>
    bool MatchTo(int step, int start, int end)
    {
        var part = new PatternRun(program, text[..end], limit, choices[count..]);
        bool fits = part.Match(step, start) == end;
        part.Report();
        return fits;
    }

    readonly bool Holds(AnchorKind kind, int at) => kind switch
    {
        AnchorKind.LineStart => at == 0 || (text[at - 1] == '\n' && at < text.Length),
        AnchorKind.LineEnd => at == text.Length || text[at] == '\n',
        AnchorKind.TextStart => at == 0,
        AnchorKind.TextEnd => at == text.Length,
        AnchorKind.TextEndOrLastBreak => at == text.Length || (at == text.Length - 1 && text[at] == '\n'),
        _ => (IsWord(at - 1) != IsWord(at)) == (kind == AnchorKind.WordEdge),
    };

    readonly bool IsWord(int at)
    {
        if (at < 0 || at >= text.Length) return false;
        if (char.IsLowSurrogate(text[at]) && at > 0) at--;
        return Word.Contains(PointAt(at, out _));
    }

    static readonly CharSet Word = CharProperties.Word().Finish();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static bool Step(ref int at, int width)
    {
        at += width;
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    readonly int PointAt(int at, out int width)
    {
        char c = text[at];
        width = 1;
        if (!char.IsHighSurrogate(c) || at + 1 >= text.Length || !char.IsLowSurrogate(text[at + 1])) return c;
        width = 2;
        return char.ConvertToUtf32(c, text[at + 1]);
    }

    void Push(PatternChoice choice)
    {
        if (count == choices.Length)
        {
            var larger = new PatternChoice[Math.Max(32, 2 * count)];
            choices.CopyTo(larger);
            choices = larger;
        }
        choices[count++] = choice;
    }
}
