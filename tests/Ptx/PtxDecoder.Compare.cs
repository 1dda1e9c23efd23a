namespace PureLora.Tests.Ptx;

/// <summary>Comparisons, what depends on them, and conversions.</summary>
sealed partial class PtxDecoder
{
    void Select()
    {
        It.Op = PtxOp.Select;
        It.Type = modifiers.TakeType();
        Count(4);
        It.A = Read(Argument(1), It.Type.Bits());
        It.B = Read(Argument(2), It.Type.Bits());
        It.C = Read(Argument(3), 1);
        It.D = Write(Argument(0));
    }

    void Compare()
    {
        It.Type = modifiers.TakeType();
        It.Comparison = modifiers.TakeAny("eq", "ne", "lt", "le", "gt", "ge", "lo", "ls", "hi", "hs", "equ", "neu", "ltu", "leu", "gtu", "geu", "num", "nan") switch
        {
            "lo" => PtxComparison.Lt,
            "ls" => PtxComparison.Le,
            "hi" => PtxComparison.Gt,
            "hs" => PtxComparison.Ge,
            { } word => Enum.Parse<PtxComparison>(word, ignoreCase: true),
            null => throw new PtxException("the comparison is unknown."),
        };
        It.Op = It.Type switch { PtxType.S32 => PtxOp.CompareS32, PtxType.S64 => PtxOp.CompareS64, PtxType.F32 => PtxOp.CompareF32, _ => PtxOp.Compare };
        if (!It.Type.IsFloat() && It.Comparison > PtxComparison.Ge)
            throw new PtxException($"the comparison {It.Comparison} needs floats.");
        Combine();
        Count(It.Combination == PtxCombination.None ? 3 : 4);
        It.A = Read(Argument(1), It.Type.Bits());
        It.B = Read(Argument(2), It.Type.Bits());
        It.D = Write(Argument(0));
    }

    /// <summary>"setp.ge.or.s32 p, a, b, q" is (a >= b) or q.</summary>
    void Combine()
    {
        It.Combination = modifiers.TakeAny("and", "or", "xor") switch
        {
            "and" => PtxCombination.And,
            "or" => PtxCombination.Or,
            "xor" => PtxCombination.Xor,
            _ => PtxCombination.None,
        };
        if (It.Combination == PtxCombination.None)
            return;
        It.Op = PtxOp.Compare;
        It.Inverted = Argument(3)[0] == '!';
        It.C = Read(Argument(3).TrimStart('!'), 1);
    }

    void Test()
    {
        var op = modifiers.TakeAny("notanumber", "finite", "infinite", "number") switch
        {
            "notanumber" => PtxOp.IsNaN,
            "finite" => PtxOp.IsFinite,
            "infinite" => PtxOp.IsInfinite,
            "number" => PtxOp.IsNumber,
            _ => throw new PtxException("the test is unknown."),
        };
        Compute(op, 1);
    }

    void Convert()
    {
        var from = modifiers.TakeType();
        var type = modifiers.TakeType();
        (It.From, It.Type) = (from, type);
        It.Saturates = modifiers.Take("sat");
        It.Rounding = modifiers.TakeAny("rn", "rz", "rm", "rp", "rni", "rzi", "rmi", "rpi") switch
        {
            "rz" => PtxRounding.Zero,
            "rm" => PtxRounding.Down,
            "rp" => PtxRounding.Up,
            "rni" => PtxRounding.IntegerNearest,
            "rzi" => PtxRounding.IntegerZero,
            "rmi" => PtxRounding.IntegerDown,
            "rpi" => PtxRounding.IntegerUp,
            _ => PtxRounding.Nearest,
        };
        var pairs = type is PtxType.F16x2 or PtxType.BF16x2;
        Count(pairs ? 3 : 2);
        if (pairs && (from != PtxType.F32 || It.Rounding is not (PtxRounding.Nearest or PtxRounding.Zero)))
            throw new PtxException("a pair is made from f32 with .rn or .rz.");
        if (!type.IsFloat() && from.IsFloat() && !pairs && It.Rounding < PtxRounding.IntegerNearest)
            throw new PtxException("a float becomes an integer by .rni, .rzi, .rmi or .rpi.");
        It.A = Read(Argument(1), from.Bits());
        if (pairs)
            It.B = Read(Argument(2), from.Bits());
        It.D = Write(Argument(0));
        var plain = !It.Saturates;
        It.Op = pairs ? PtxOp.ConvertPair
            : plain && from == PtxType.S32 && type is PtxType.S64 or PtxType.U64 && It.Width == 64 ? PtxOp.SignExtend32
            : plain && type is PtxType.S32 or PtxType.U32 && !from.IsFloat() && from.Bits() == 64 && It.Width == 32 ? PtxOp.Low32
            : PtxOp.Convert;
    }
}
