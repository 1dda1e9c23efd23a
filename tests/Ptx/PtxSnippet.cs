using System.Runtime.InteropServices;

namespace PureLora.Tests.Ptx;

/// <summary>Hand-written PTX, wrapped into a kernel whose only parameter is an address that %data holds.</summary>
static unsafe class PtxSnippet
{
    public static PtxKernel Kernel(string body, string declarations = "") => PtxModule.Parse($$"""
        .version 7.0
        .target sm_80
        .address_size 64
        .visible .entry snippet(
            .param .b64 data
        )
        {
            .reg .pred %p<8>;
            .reg .b16 %h<8>;
            .reg .b32 %r<24>;
            .reg .b64 %d<24>;
            .reg .f32 %f<24>;
            .reg .f64 %e<8>;
            .reg .b64 %data;
            {{declarations}}
            ld.param.b64 %data, [data];
            cvta.to.global.u64 %data, %data;
            {{body}}
            ret;
        }
        """).Kernels["snippet"];

    /// <summary>Runs it over a copy of the words, with as many of their bytes allowed as <paramref name="allowed"/> says, and returns them.</summary>
    public static uint[] Run(
        string body, uint[] words, string declarations = "", int groups = 1, int groupSize = 1, int seed = 1, int? allowed = null, int skip = 0)
    {
        var bytes = words.Length * sizeof(uint);
        var copy = (uint*)NativeMemory.AlignedAlloc((nuint)bytes, 256);
        try
        {
            words.CopyTo(new Span<uint>(copy, words.Length));
            var memory = new PtxMemory().Allow((nint)copy, allowed ?? bytes);
            new PtxMachine { MostSteps = 1_000_000 }.Launch(
                Kernel(body, declarations), groups, groupSize, BitConverter.GetBytes((long)copy + skip), memory, seed);
            return new Span<uint>(copy, words.Length).ToArray();
        }
        finally
        {
            NativeMemory.AlignedFree(copy);
        }
    }

    /// <summary>What it leaves in %d3, given %d0, %d1 and %d2 (or their low halves in %r0.., %f0.., or %e0..).</summary>
    public static ulong Value(string body, ulong a, ulong b = 0, ulong c = 0)
    {
        var words = Run($"""
            ld.global.b64 %d0, [%data];
            ld.global.b64 %d1, [%data+8];
            ld.global.b64 %d2, [%data+16];
            cvt.u32.u64 %r0, %d0;
            cvt.u32.u64 %r1, %d1;
            cvt.u32.u64 %r2, %d2;
            mov.b32 %f0, %r0;
            mov.b32 %f1, %r1;
            mov.b32 %f2, %r2;
            mov.b64 %e0, %d0;
            mov.b64 %e1, %d1;
            cvt.u16.u32 %h0, %r0;
            mov.b64 %d3, 0;
            {body}
            st.global.b64 [%data+24], %d3;
            """, [(uint)a, (uint)(a >> 32), (uint)b, (uint)(b >> 32), (uint)c, (uint)(c >> 32), 0, 0]);
        return words[6] | (ulong)words[7] << 32;
    }

    public static string Error(Action action) => Assert.Throws<PtxException>(action).Message;
}
