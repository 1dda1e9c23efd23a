namespace PureLora.Tests.Ptx;

/// <summary>mma.m16n8k16, mma.m16n8k8 and ldmatrix, with the fragments of the PTX ISA: lane = 4·g + q.</summary>
sealed unsafe partial class PtxMachine
{
    /// <summary>d = a b + c. Sums are exact to f64 and rounded once: hardware rounds its own way in between.</summary>
    void Mma(in PtxInstruction i, int first)
    {
        int depth = i.Count;
        var a = stackalloc float[16 * 16];
        var b = stackalloc float[16 * 8];
        var (aAt, bAt, cAt) = (4, 4 + depth / 4, 4 + depth / 4 + depth / 8);
        for (var lane = 0; lane < 32; lane++)
        {
            var (g, q) = (lane >> 2, lane & 3);
            for (var part = 0; part < depth / 4; part++)
            {
                var place = (g + (part & 1) * 8) * 16 + q * 2 + (part >> 1) * 8;
                (a[place], a[place + 1]) = Halves(i.Type, Value(first + lane, i.List[aAt + part]));
            }
            for (var part = 0; part < depth / 8; part++)
            {
                var k = q * 2 + part * 8;
                (b[k * 8 + g], b[(k + 1) * 8 + g]) = Halves(i.Type, Value(first + lane, i.List[bAt + part]));
            }
        }
        var results = stackalloc float[4];
        for (var lane = 0; lane < 32; lane++)
        {
            for (var part = 0; part < 4; part++)
            {
                var (row, column) = ((lane >> 2) + (part >> 1) * 8, (lane & 3) * 2 + (part & 1));
                double sum = PtxArithmetic.F32(Value(first + lane, i.List[cAt + part]));
                for (var k = 0; k < depth; k++)
                    sum += (double)a[row * 16 + k] * b[k * 8 + column];
                results[part] = (float)sum;
            }
            // After all four: d and c may be the same registers in another order.
            for (var part = 0; part < 4; part++)
                registers[(first + lane) * slots + i.List[part]] = PtxArithmetic.Bits(results[part]);
        }
    }

    static (float Low, float High) Halves(PtxType type, ulong bits) => type == PtxType.BF16
        ? (PtxConversion.BF16(bits), PtxConversion.BF16(bits >> 16))
        : (PtxConversion.F16(bits), PtxConversion.F16(bits >> 16));

    /// <summary>Lane 8·m + r gives the address of row r of matrix m; lane 4·g + q gets elements 2q and 2q + 1 of row g.</summary>
    void LoadMatrix(in PtxInstruction i, int first)
    {
        var rows = stackalloc ulong[32];
        for (var lane = 0; lane < 8 * i.Count; lane++)
        {
            Enter(first + lane);
            rows[lane] = Value(first + lane, i.A) + (ulong)i.Offset;
            if ((rows[lane] & 15) != 0)
                throw Failure($"the address 0x{rows[lane]:x} of a row is misaligned for 16 bytes");
        }
        var results = stackalloc ulong[32 * 4];
        for (var lane = 0; lane < 32; lane++)
        {
            Enter(first + lane);
            var (g, q) = (lane >> 2, lane & 3);
            for (var m = 0; m < i.Count; m++)
                results[lane * 4 + m] = i.Transposed
                    ? Get(Shared(rows[8 * m + 2 * q] + (ulong)(2 * g), 2, Kind.Read), 16) |
                        Get(Shared(rows[8 * m + 2 * q + 1] + (ulong)(2 * g), 2, Kind.Read), 16) << 16
                    : Get(Shared(rows[8 * m + g] + (ulong)(4 * q), 4, Kind.Read), 32);
        }
        for (var lane = 0; lane < 32; lane++)
            for (var m = 0; m < i.Count; m++)
                registers[(first + lane) * slots + i.List[m]] = results[lane * 4 + m];
    }
}
