namespace PureLora.Tests.Ptx;

/// <summary>Decodes one instruction. Here are those that compute and those that branch.</summary>
sealed partial class PtxDecoder
{
    readonly PtxDecoded decoded = new();
    readonly PtxOperands operands;
    readonly PtxModifiers modifiers;
    readonly string name;
    readonly List<string> arguments;

    PtxDecoder(string text, PtxOperands operands)
    {
        this.operands = operands;
        if (text[0] == '@')
        {
            var end = text.IndexOfAny([' ', '\t', '\n']);
            It.Negated = text[1] == '!';
            It.Predicate = Read(text[(It.Negated ? 2 : 1)..end], 1);
            text = text[end..].TrimStart();
        }
        var space = text.IndexOfAny([' ', '\t', '\n']);
        var parts = (space < 0 ? text : text[..space]).Split('.');
        name = parts[0];
        modifiers = new PtxModifiers(parts[1..]);
        arguments = space < 0 ? [] : Split(text[space..]);
    }

    ref PtxInstruction It => ref decoded.Instruction;

    public static PtxDecoded Decode(string text, PtxOperands operands)
    {
        var decoder = new PtxDecoder(text, operands);
        decoder.Decode();
        decoder.modifiers.Finish();
        return decoder.decoded;
    }

    /// <summary>Splits at the commas that stand outside of braces and brackets.</summary>
    static List<string> Split(string text)
    {
        var parts = new List<string>();
        var (start, depth) = (0, 0);
        for (var i = 0; i <= text.Length; i++)
        {
            if (i == text.Length || (text[i] == ',' && depth == 0))
            {
                parts.Add(text[start..i].Trim());
                start = i + 1;
            }
            else
                depth += text[i] is '{' or '[' ? 1 : text[i] is '}' or ']' ? -1 : 0;
        }
        return parts;
    }

    void Decode()
    {
        switch (name)
        {
            case "ret" or "exit": It.Op = PtxOp.Return; modifiers.Take("uni"); break;
            case "bra": It.Op = PtxOp.Branch; modifiers.Take("uni"); decoded.Label = Argument(0); break;
            case "brx": BranchTable(); break;
            case "mov": Move(); break;
            case "add": modifiers.TakeAny("rn"); Compute(PtxOp.Add, 2); break;
            case "sub": modifiers.TakeAny("rn"); Compute(PtxOp.Sub, 2); break;
            case "mul": Multiply(PtxOp.MulLow, PtxOp.MulHigh, PtxOp.MulWide, 2); break;
            case "mad": Multiply(PtxOp.MadLow, PtxOp.MadHigh, PtxOp.MadWide, 3); break;
            case "fma": Require("rn"); Compute(PtxOp.Fma, 3); break;
            case "div": Compute(modifiers.TakeAny("approx", "full", "rn") is "approx" or "full" ? PtxOp.DivApprox : PtxOp.Div, 2); break;
            case "rem": Compute(PtxOp.Rem, 2); break;
            case "min": Compute(modifiers.Take("NaN") ? PtxOp.MinNaN : PtxOp.Min, 2); break;
            case "max": Compute(modifiers.Take("NaN") ? PtxOp.MaxNaN : PtxOp.Max, 2); break;
            case "and": Compute(PtxOp.And, 2); break;
            case "or": Compute(PtxOp.Or, 2); break;
            case "xor": Compute(PtxOp.Xor, 2); break;
            case "shl": Compute(PtxOp.Shl, 2); break;
            case "shr": Compute(PtxOp.Shr, 2); break;
            case "neg": Compute(PtxOp.Neg, 1); break;
            case "abs": Compute(PtxOp.Abs, 1); break;
            case "not": Compute(PtxOp.Not, 1); break;
            case "rcp": RequireAny("rn", "approx"); Compute(PtxOp.Rcp, 1); break;
            case "sqrt": RequireAny("rn", "approx"); Compute(PtxOp.Sqrt, 1); break;
            case "rsqrt": Require("approx"); Compute(PtxOp.Rsqrt, 1); break;
            case "ex2": Require("approx"); Compute(PtxOp.Ex2, 1); break;
            case "lg2": Require("approx"); Compute(PtxOp.Lg2, 1); break;
            case "sin": Require("approx"); Compute(PtxOp.Sin, 1); break;
            case "cos": Require("approx"); Compute(PtxOp.Cos, 1); break;
            case "tanh": Require("approx"); Compute(PtxOp.Tanh, 1); break;
            case "popc": Compute(PtxOp.Popc, 1); break;
            case "clz": Compute(PtxOp.Clz, 1); break;
            case "brev": Compute(PtxOp.Brev, 1); break;
            case "bfe": Compute(PtxOp.BitsExtract, 3); break;
            case "bfi": Compute(PtxOp.BitsInsert, 4); break;
            case "prmt": Compute(PtxOp.Permute, 3); break;
            case "selp": Select(); break;
            case "setp": Compare(); break;
            case "testp": Test(); break;
            case "cvt": Convert(); break;
            default: DecodeMemory(); break;
        }
    }

    /// <summary>d, a, b, .. of one type, except that shifts count in 32 bits.</summary>
    void Compute(PtxOp op, int sources)
    {
        var type = modifiers.TakeType();
        var known = type is not (PtxType.F16x2 or PtxType.BF16x2 or PtxType.BF16) &&
            (type != PtxType.Pred || op is PtxOp.And or PtxOp.Or or PtxOp.Xor or PtxOp.Not);
        if (!known)
            throw new PtxException($"the type {type} is unknown here.");
        var shifts = op is PtxOp.Shl or PtxOp.Shr or PtxOp.BitsExtract;
        It.Op = op;
        It.Type = type;
        Count(sources + 1);
        if (sources > 0)
            It.A = Read(Argument(1), type.Bits());
        if (sources > 1)
            It.B = Read(Argument(2), shifts ? 32 : type.Bits());
        if (sources > 2)
            It.C = Read(Argument(3), op is PtxOp.BitsExtract or PtxOp.BitsInsert ? 32 : op == PtxOp.MadWide ? 2 * type.Bits() : type.Bits());
        if (sources > 3)
            It.E = Read(Argument(4), 32);
        It.D = Write(Argument(0));
        It.Op = Frequent(op, type);
    }

    void Multiply(PtxOp low, PtxOp high, PtxOp wide, int sources)
    {
        modifiers.TakeAny("rn");
        if (modifiers.TakeAny("lo", "hi", "wide") is { } part)
            Compute(part == "lo" ? low : part == "hi" ? high : wide, sources);
        else
        {
            // Only floats have no part: mad.f32 is a fused multiply-add.
            Compute(sources == 3 ? PtxOp.Fma : low, sources);
            if (!It.Type.IsFloat())
                throw new PtxException("one of .lo, .hi and .wide is missing.");
        }
    }

    static PtxOp Frequent(PtxOp op, PtxType type) => (op, type, type.Bits()) switch
    {
        (PtxOp.Add, PtxType.F32, _) => PtxOp.AddF32,
        (PtxOp.Sub, PtxType.F32, _) => PtxOp.SubF32,
        (PtxOp.MulLow, PtxType.F32, _) => PtxOp.MulF32,
        (PtxOp.Fma, PtxType.F32, _) => PtxOp.FmaF32,
        (_, PtxType.F64, _) => op,
        (PtxOp.Add, _, 32) => PtxOp.AddB32,
        (PtxOp.Add, _, 64) => PtxOp.AddB64,
        (PtxOp.Sub, _, 32) => PtxOp.SubB32,
        (PtxOp.MulLow, _, 32) => PtxOp.MulB32,
        (PtxOp.MulLow, _, 64) => PtxOp.MulB64,
        (PtxOp.MadLow, _, 32) => PtxOp.MadB32,
        (PtxOp.MadLow, _, 64) => PtxOp.MadB64,
        (PtxOp.MulWide, PtxType.U32, _) => PtxOp.MulWideU32,
        (PtxOp.Shl, _, 32) => PtxOp.ShlB32,
        (PtxOp.Shr, PtxType.U32 or PtxType.B32, _) => PtxOp.ShrU32,
        _ => op,
    };

    void Move()
    {
        var type = modifiers.TakeType();
        It.Type = type;
        Count(2);
        if (Argument(0)[0] == '{' || Argument(1)[0] == '{')
        {
            It.Op = Argument(0)[0] == '{' ? PtxOp.Unpack : PtxOp.Pack;
            var parts = Vector(Argument(It.Op == PtxOp.Unpack ? 0 : 1));
            It.Width = (byte)(type.Bits() / parts.Length);
            if (It.Op == PtxOp.Unpack)
                It.A = Read(Argument(1), type.Bits());
            It.List = [.. parts.Select(p => It.Op == PtxOp.Unpack ? Write(p) : Read(p, It.Width))];
            if (It.Op == PtxOp.Pack)
                It.D = Write(Argument(0));
            return;
        }
        It.Op = PtxOp.Mov;
        It.A = Read(Argument(1), type.Bits());
        It.D = Write(Argument(0));
    }

    void BranchTable()
    {
        modifiers.Take("uni");
        Require("idx");
        It.Op = PtxOp.BranchTable;
        It.A = Read(Argument(0), 32);
        decoded.Label = Argument(1);
    }

    string Argument(int index) => index < arguments.Count ? arguments[index] : throw new PtxException($"operand {index + 1} is missing.");

    void Count(int count)
    {
        if (arguments.Count != count)
            throw new PtxException($"there are {arguments.Count} operands, but it has {count}.");
    }

    void Require(string modifier) => RequireAny(modifier);

    void RequireAny(params ReadOnlySpan<string> names)
    {
        if (modifiers.TakeAny(names) is null)
            throw new PtxException($"the modifier .{names[0]} is missing.");
    }

    int Read(string operand, int bits)
    {
        var slot = operands.Slot(operand, bits);
        if (operands.IsRegister(operand))
            decoded.Reads.Add(slot);
        return slot;
    }

    int Write(string operand)
    {
        var (slot, bits) = operands.Register(operand);
        decoded.Writes.Add(slot);
        It.Width = It.Op is PtxOp.Unpack ? It.Width : (byte)bits;
        return slot;
    }

    string[] Vector(string text) => text[0] == '{' ? text[1..^1].Split(',', StringSplitOptions.TrimEntries) : [text];
}
