using System.Numerics;

namespace PureLora.Tests.Ptx;

/// <summary>What the lanes of a warp do together, when all of them have come to it.</summary>
sealed unsafe partial class PtxMachine
{
    void DoTogether(in PtxInstruction i, int first, uint members)
    {
        switch (i.Op)
        {
            case PtxOp.WarpBarrier:
                Tick();
                if (BitOperations.PopCount(members) == Math.Min(32, groupSize - first))
                    warpBarriers[first >> 5] = now.Clock;
                break;
            case PtxOp.Shuffle: Shuffle(i, first, members); break;
            case PtxOp.Mma: Mma(i, Whole(first, members)); break;
            case PtxOp.LoadMatrix: LoadMatrix(i, Whole(first, members)); break;
            case PtxOp.ActiveMask: SetAll(i, first, members, members); break;
            default: Vote(i, first, members); break;
        }
    }

    int Whole(int first, uint members) => members == uint.MaxValue ? first : throw Failure("it needs all 32 lanes of a warp");

    void SetAll(in PtxInstruction i, int first, uint members, ulong value)
    {
        for (var lane = 0; lane < 32; lane++)
            if ((members >> lane & 1) != 0)
                registers[(first + lane) * slots + i.D] = value;
    }

    void Vote(in PtxInstruction i, int first, uint members)
    {
        var ballot = 0U;
        for (var lane = 0; lane < 32; lane++)
            if ((members >> lane & 1) != 0 && Value(first + lane, i.A) != 0)
                ballot |= 1U << lane;
        SetAll(i, first, members, i.Op switch
        {
            PtxOp.VoteAll => ballot == members ? 1UL : 0,
            PtxOp.VoteAny => ballot != 0 ? 1UL : 0,
            PtxOp.VoteUni => ballot == 0 || ballot == members ? 1UL : 0,
            _ => ballot,
        });
    }

    /// <summary>PTX ISA, shfl.sync: c holds the clamp in bits 0..4 and the mask of the segments in bits 8..12.</summary>
    void Shuffle(in PtxInstruction i, int first, uint members)
    {
        var values = stackalloc ulong[32];
        var found = stackalloc bool[32];
        for (var lane = 0; lane < 32; lane++)
        {
            if ((members >> lane & 1) == 0)
                continue;
            var (b, c) = ((int)Value(first + lane, i.B) & 31, (int)Value(first + lane, i.C));
            var (clamp, segment) = (c & 31, c >> 8 & 31);
            var (least, most) = (lane & segment, (lane & segment) | (clamp & ~segment));
            var from = i.Shuffle switch
            {
                PtxShuffle.Up => lane - b,
                PtxShuffle.Down => lane + b,
                PtxShuffle.Butterfly => lane ^ b,
                _ => least | (b & ~segment),
            };
            found[lane] = i.Shuffle == PtxShuffle.Up ? from >= most : from <= most;
            if (!found[lane])
                from = lane;
            if ((members >> from & 1) == 0)
                throw Failure($"lane {lane} takes the value of lane {from}, which does not take part");
            values[lane] = Value(first + from, i.A);
        }
        for (var lane = 0; lane < 32; lane++)
            if ((members >> lane & 1) != 0)
            {
                registers[(first + lane) * slots + i.D] = values[lane];
                if (i.List.Length > 1)
                    registers[(first + lane) * slots + i.List[1]] = found[lane] ? 1UL : 0;
            }
    }
}
