namespace PureLora.Tests.Ptx;

/// <summary>The order in which the threads of a group run: in turns, each until it waits.</summary>
sealed unsafe partial class PtxMachine
{
    void RunGroup(int group)
    {
        StartGroup(group);
        var warps = random.Shuffled((groupSize + 31) / 32);
        while (true)
        {
            random.Shuffle(warps);
            var moved = false;
            foreach (var warp in warps)
                moved |= RunWarp(warp);
            var (returned, atBarrier) = (0, 0);
            foreach (var state in states)
            {
                returned += state == PtxState.Returned ? 1 : 0;
                atBarrier += state == PtxState.AtBarrier ? 1 : 0;
            }
            if (returned == groupSize)
                return;
            if (atBarrier == groupSize && OneBarrier())
                PassBarrier();
            else if (!moved)
                throw DeadLock();
        }
    }

    /// <summary>Runs the lanes that can run, in any order, then what those that wait do together.</summary>
    bool RunWarp(int warp)
    {
        var (first, count) = (warp * 32, Math.Min(32, groupSize - warp * 32));
        random.Shuffle(order);
        var moved = false;
        foreach (var lane in order)
            if (lane < count && states[first + lane] == PtxState.Ready)
            {
                Enter(first + lane);
                Run(first + lane);
                moved = true;
            }
        for (var lane = 0; lane < count; lane++)
            if (states[first + lane] == PtxState.AtWarp && Together(first, count, lane))
                moved = true;
        return moved;
    }

    /// <summary>If all members of a lane's mask wait at the same instruction: does it, and lets them go on.</summary>
    bool Together(int first, int count, int lane)
    {
        var pc = counters[first + lane];
        ref readonly var i = ref code[pc];
        Enter(first + lane);
        at = pc;
        var members = (uint)Value(first + lane, i.E);
        if ((members >> lane & 1) == 0)
            throw Failure("the thread is not in its own member mask");
        // Lanes that a group does not have are as good as there; ones that returned are not.
        members &= count == 32 ? uint.MaxValue : (1u << count) - 1;
        for (var other = 0; other < count; other++)
            if ((members >> other & 1) != 0 &&
                (states[first + other] != PtxState.AtWarp || counters[first + other] != pc || (uint)Value(first + other, i.E) != (uint)Value(first + lane, i.E)))
                return false;
        DoTogether(i, first, members);
        for (var other = 0; other < count; other++)
            if ((members >> other & 1) != 0)
            {
                counters[first + other]++;
                states[first + other] = PtxState.Ready;
            }
        return true;
    }

    bool OneBarrier()
    {
        foreach (var counter in counters)
            if (counter != counters[0])
                return false;
        return true;
    }

    void PassBarrier()
    {
        Tick();
        now.GroupBarrier = now.Clock;
        for (var thread = 0; thread < groupSize; thread++)
        {
            counters[thread]++;
            states[thread] = PtxState.Ready;
        }
    }

    void Tick()
    {
        if (++now.Clock >= PtxAccess.MostClock)
            throw Failure("there are too many barriers to count");
    }

    PtxException DeadLock()
    {
        var waiting = Enumerable.Range(0, groupSize).Where(t => states[t] != PtxState.Returned)
            .GroupBy(t => counters[t])
            .Select(g => $"{g.Count()} wait at '{kernel.Texts[g.Key]}' (line {kernel.Lines[g.Key]}), thread {g.First()} among them");
        var returned = states.Count(s => s == PtxState.Returned);
        return new PtxException($"{kernel.Name}: dead lock in group {now.Group}: {string.Join("; ", waiting)}; {returned} of {groupSize} threads have returned.");
    }

    ulong Value(int thread, int slot) => registers[thread * slots + slot];
}
