namespace PureLora.Tests.Ptx;

/// <summary>Loads, stores, atomics and copies, and what threads do together.</summary>
sealed partial class PtxDecoder
{
    void DecodeMemory()
    {
        switch (name)
        {
            case "ld" or "ldu": LoadOrStore(PtxOp.Load); break;
            case "st": LoadOrStore(PtxOp.Store); break;
            case "atom" or "red": Atomic(); break;
            case "cvta": ConvertAddress(); break;
            case "cp": Copy(); break;
            case "membar" or "fence": modifiers.TakeHints(); modifiers.TakeAny("gl", "sc"); modifiers.TakeHints(); break;
            case "bar" or "barrier": Barrier(); break;
            case "shfl": Shuffle(); break;
            case "vote": Vote(); break;
            case "activemask": modifiers.Take("b32"); It.Op = PtxOp.ActiveMask; It.E = operands.Constant(uint.MaxValue); It.D = Write(Argument(0)); break;
            case "mma": Mma(); break;
            case "ldmatrix": LoadMatrix(); break;
            default: throw new PtxException($"the instruction {name} is unknown.");
        }
    }

    void LoadOrStore(PtxOp op)
    {
        It.Op = op;
        It.Type = modifiers.TakeType();
        It.Space = modifiers.TakeSpace();
        It.Count = (byte)(modifiers.TakeAny("v2", "v4") switch { "v2" => 2, "v4" => 4, _ => 1 });
        modifiers.TakeHints();
        Count(2);
        if (It.Bytes > 16)
            throw new PtxException("it is wider than 16 bytes.");
        var (address, values) = op == PtxOp.Load ? (Argument(1), Vector(Argument(0))) : (Argument(0), Vector(Argument(1)));
        if (values.Length != It.Count)
            throw new PtxException($"there are {values.Length} values, but it has {It.Count}.");
        if (It.Space == PtxSpace.Param)
        {
            if (op == PtxOp.Store || It.Count > 1)
                throw new PtxException("parameters are read one by one.");
            It.Op = PtxOp.LoadParameter;
            It.Offset = operands.Parameter(address);
        }
        else
            Address(address);
        It.List = [.. values.Select(v => op == PtxOp.Load ? Write(v) : Read(v, It.Type.Bits()))];
        It.D = It.List[0];
    }

    void Address(string text)
    {
        (It.A, It.Offset) = operands.Address(text);
        var name = text.Trim('[', ']', ' ').Split('+')[0].Trim();
        if (operands.IsRegister(name))
            decoded.Reads.Add(It.A);
    }

    void Atomic()
    {
        It.Op = PtxOp.Atomic;
        It.Type = modifiers.TakeType();
        It.Space = modifiers.TakeSpace();
        modifiers.TakeHints();
        It.Atomic = modifiers.TakeAny("add", "min", "max", "and", "or", "xor", "exch", "cas") switch
        {
            "exch" => PtxAtomic.Exchange,
            "cas" => PtxAtomic.CompareExchange,
            { } word => Enum.Parse<PtxAtomic>(word, ignoreCase: true),
            null => throw new PtxException("the atomic operation is unknown."),
        };
        if (It.Type.Bits() < 32 || It.Type is PtxType.F16x2 or PtxType.BF16x2)
            throw new PtxException($"an atomic operation on {It.Type} is unknown.");
        modifiers.TakeHints();
        var at = name == "atom" ? 1 : 0;
        Count(at + (It.Atomic == PtxAtomic.CompareExchange ? 3 : 2));
        Address(Argument(at));
        It.B = Read(Argument(at + 1), It.Type.Bits());
        if (It.Atomic == PtxAtomic.CompareExchange)
            It.C = Read(Argument(at + 2), It.Type.Bits());
        It.D = at == 1 ? Write(Argument(0)) : -1;
    }

    /// <summary>Generic addresses of shared and local memory lie in windows of their own; those of global memory are themselves.</summary>
    void ConvertAddress()
    {
        modifiers.TakeType();
        var toSpace = modifiers.Take("to");
        var window = modifiers.TakeSpace() switch { PtxSpace.Shared => PtxMachine.SharedWindow, PtxSpace.Local => PtxMachine.LocalWindow, _ => 0UL };
        Count(2);
        It.Op = PtxOp.AddB64;
        It.A = Read(Argument(1), 64);
        It.B = operands.Constant(toSpace ? 0 - window : window);
        It.D = Write(Argument(0));
    }

    void Copy()
    {
        Require("async");
        if (modifiers.Take("commit_group"))
            It.Op = PtxOp.CopyCommit;
        else if (modifiers.TakeAny("wait_group", "wait_all") is { } wait)
        {
            // wait_all needs no commit_group: what is not committed has the number -1.
            It.Op = PtxOp.CopyWait;
            It.Offset = wait == "wait_all" ? -1 : int.Parse(Argument(0));
        }
        else
        {
            It.Op = PtxOp.CopyAsync;
            RequireAny("shared", "shared::cta");
            Require("global");
            var whole = modifiers.Take("cg");
            modifiers.TakeHints();
            if (arguments.Count is not (3 or 4))
                throw new PtxException("cp.async has three or four operands.");
            It.Type = PtxType.B8;
            It.Count = byte.Parse(Argument(2));
            if (It.Count != 16 && (whole || It.Count is not (4 or 8)))
                throw new PtxException($"cp.async cannot copy {It.Count} bytes.");
            Address(Argument(1));
            (It.B, It.Target) = (It.A, (int)It.Offset);
            Address(Argument(0));
            It.C = arguments.Count == 4 ? Read(Argument(3), 32) : operands.Constant(It.Count);
        }
    }

    void Barrier()
    {
        if (modifiers.Take("warp"))
        {
            Require("sync");
            It.Op = PtxOp.WarpBarrier;
            It.E = Read(Argument(0), 32);
            return;
        }
        Require("sync");
        modifiers.Take("aligned");
        It.Op = PtxOp.Barrier;
        Count(1);
        It.A = Read(Argument(0), 32);
    }

    void Shuffle()
    {
        Require("sync");
        It.Type = modifiers.TakeType();
        It.Op = PtxOp.Shuffle;
        It.Shuffle = modifiers.TakeAny("up", "down", "bfly", "idx") switch
        {
            "up" => PtxShuffle.Up,
            "down" => PtxShuffle.Down,
            "bfly" => PtxShuffle.Butterfly,
            "idx" => PtxShuffle.Index,
            _ => throw new PtxException("the mode is unknown."),
        };
        Count(5);
        It.A = Read(Argument(1), 32);
        It.B = Read(Argument(2), 32);
        It.C = Read(Argument(3), 32);
        It.E = Read(Argument(4), 32);
        It.List = [.. Argument(0).Split('|').Select(Write)];
        It.D = It.List[0];
    }

    void Vote()
    {
        Require("sync");
        modifiers.TakeType();
        It.Op = modifiers.TakeAny("all", "any", "uni", "ballot") switch
        {
            "all" => PtxOp.VoteAll,
            "any" => PtxOp.VoteAny,
            "uni" => PtxOp.VoteUni,
            "ballot" => PtxOp.Ballot,
            _ => throw new PtxException("the vote is unknown."),
        };
        Count(3);
        It.A = Read(Argument(1), 1);
        It.E = Read(Argument(2), 32);
        It.D = Write(Argument(0));
    }

    /// <summary>List: the four of d, then a, b and c.</summary>
    void Mma()
    {
        It.Op = PtxOp.Mma;
        It.E = operands.Constant(uint.MaxValue);
        Require("sync");
        Require("aligned");
        It.Count = (byte)(modifiers.TakeAny("m16n8k16", "m16n8k8") switch { "m16n8k16" => 16, "m16n8k8" => 8, _ => throw new PtxException("the shape is unknown.") });
        Require("row");
        Require("col");
        var (c, b, a, d) = (modifiers.TakeType(), modifiers.TakeType(), modifiers.TakeType(), modifiers.TakeType());
        if (c != PtxType.F32 || d != PtxType.F32 || a != b || a is not (PtxType.F16 or PtxType.BF16))
            throw new PtxException("the types are unknown.");
        It.Type = a;
        Count(4);
        string[][] vectors = [.. arguments.Select(Vector)];
        if (vectors[0].Length != 4 || vectors[1].Length != It.Count / 4 || vectors[2].Length != It.Count / 8 || vectors[3].Length != 4)
            throw new PtxException("the fragments have the wrong sizes.");
        It.List = [.. vectors[0].Select(Write), .. vectors.Skip(1).SelectMany(v => v).Select(r => Read(r, 32))];
    }

    void LoadMatrix()
    {
        It.Op = PtxOp.LoadMatrix;
        It.E = operands.Constant(uint.MaxValue);
        It.Type = PtxType.B16;
        Require("sync");
        Require("aligned");
        Require("m8n8");
        RequireAny("shared", "shared::cta");
        Require("b16");
        It.Transposed = modifiers.Take("trans");
        It.Count = (byte)(modifiers.TakeAny("x1", "x2", "x4") switch { "x1" => 1, "x2" => 2, "x4" => 4, _ => throw new PtxException("the number of matrices is missing.") });
        Count(2);
        It.List = [.. Vector(Argument(0)).Select(Write)];
        if (It.List.Length != It.Count)
            throw new PtxException($"there are {It.List.Length} registers, but it loads {It.Count} matrices.");
        Address(Argument(1));
    }
}
