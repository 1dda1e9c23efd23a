namespace PureLora.Kernels;

/// <summary>
/// The three products of a linear layer, x [M, K], W [N, K], y [M, N]:
/// <list type="bullet">
/// <item><see cref="Forward"/> y = x·Wᵀ, or y += x·Wᵀ</item>
/// <item><see cref="BackwardInput"/> dx += dy·W</item>
/// <item><see cref="BackwardWeight"/> dW += dyᵀ·x</item>
/// </list>
/// Every element is one chain of fused multiply-adds over the summed index, ascending, so its bits depend on neither
/// blocking, threads nor vector width. W may be in any <see cref="WeightFormat"/>; it is decoded while it is packed. On a
/// device that multiplies in bf16, products over packed activations are on tensor cores; all others stay in float32.
/// </summary>
static unsafe class MatMul
{
    /// <summary>Whether it pays to <see cref="Pack"/> x for several products.</summary>
    public static bool IsShareable(Device device, FloatBuffer x, int rows) =>
        device.ReadsHostMemory ? HostMatMul.IsShareable(rows, Columns(x, rows)) : device.MultipliesInBF16;

    /// <summary>x [M, K] in the panels that a product on the host reads, or in bf16 for a product on tensor cores.</summary>
    public static FloatBuffer Pack(Device device, FloatBuffer x, int rows)
    {
        var k = Columns(x, rows);
        var packed = device.Rent<float>(device.ReadsHostMemory ? HostMatMul.PackedLength(rows, k) : TensorProducts.PackedLength(rows, k));
        device.Launch(
            host => HostMatMul.Pack(host, rows, k, new LeftMatrix(x.Pointer, k, false), packed.Pointer),
            gpu => TensorProducts.Pack(gpu, x.View, packed.View, rows, k));
        return packed;
    }

    static int Columns(FloatBuffer x, int rows) => (int)(x.Length / Math.Max(rows, 1));

    /// <summary>y = x·Wᵀ; with <paramref name="add"/>, y += x·Wᵀ, each chain going on from what y holds.</summary>
    public static void Forward(Device device, FloatBuffer x, int rows, Weight w, FloatBuffer y, bool add = false, FloatBuffer? packed = null)
    {
        var (m, n, k) = (rows, w.Rows, w.Columns);
        using var scratch = device.Rent<float>(Scratch(device, m, n, k, packed is not null));
        device.Launch(
            host => HostMatMul.Run(host, scratch, m, n, k, new LeftMatrix(x.Pointer, k, false), Panels(packed), RightMatrix.Of(w, transposed: true), new ResultMatrix(y.Pointer, n), add),
            gpu =>
            {
                if (packed is not null)
                    TensorProducts.Forward(gpu, packed.View, w, y.View, scratch.View, m, n, k, add);
                else
                    GpuMatMul.Forward(gpu, x.View, w, y.View, scratch.View, m, n, k, add);
            });
    }

    /// <summary>dx += dy·W; without <paramref name="add"/>, dx = dy·W.</summary>
    public static void BackwardInput(Device device, FloatBuffer dy, int rows, Weight w, FloatBuffer dx, bool add = true, FloatBuffer? packed = null)
    {
        var (m, n, k) = (rows, w.Columns, w.Rows);
        using var scratch = device.Rent<float>(Scratch(device, m, n, k, packed is not null));
        device.Launch(
            host => HostMatMul.Run(host, scratch, m, n, k, new LeftMatrix(dy.Pointer, k, false), Panels(packed), RightMatrix.Of(w, transposed: false), new ResultMatrix(dx.Pointer, n), add),
            gpu =>
            {
                if (packed is not null)
                    TensorProducts.BackwardInput(gpu, packed.View, w, dx.View, scratch.View, m, n, k, add);
                else
                    GpuMatMul.BackwardInput(gpu, dy.View, w, dx.View, scratch.View, m, n, k, add);
            });
    }

    static float* Panels(FloatBuffer? packed) => packed is null ? null : packed.Pointer;

    /// <summary>
    /// Whether dW [N, K] is multiplied from both sides packed. With a side of 32 or less, as in a LoRA of such a rank, reading the
    /// long side takes longer than multiplying: that stays in float32.
    /// </summary>
    public static bool IsWeightPacked(Device device, int outputs, int inputs) => device.MultipliesInBF16 && Math.Min(outputs, inputs) > TileGrid.Narrow;

    /// <summary>dW += dyᵀ·x, where dW is f32 [N, K]: a chain over the tokens, in their order.</summary>
    public static void BackwardWeight(Device device, FloatBuffer dy, FloatBuffer x, int rows, int outputs, int inputs, FloatBuffer dw, (FloatBuffer Dy, FloatBuffer X)? packed = null)
    {
        // With few inputs, as in the gradient of a LoRA B, the product is xᵀ·dy, written across dW: the wide side is read in place.
        var across = inputs < outputs && HostMatMul.IsFew(inputs);
        var (m, n) = across ? (inputs, outputs) : (outputs, inputs);
        using var scratch = device.Rent<float>(device.ReadsHostMemory ? HostMatMul.ScratchLength(device, m, n, rows, packed: false) : Parts(outputs, inputs, rows, packed is not null));
        device.Launch(
            host => HostMatMul.Run(host, scratch, m, n, rows,
                new LeftMatrix(across ? x.Pointer : dy.Pointer, m, true), null, new RightMatrix(across ? dy.Pointer : x.Pointer, null, n, false),
                across ? new ResultMatrix(dw.Pointer, 1, inputs) : new ResultMatrix(dw.Pointer, inputs), add: true),
            gpu =>
            {
                if (packed is { } sides)
                    TensorProducts.BackwardWeight(gpu, sides.Dy.View, sides.X.View, dw.View, scratch.View, outputs, inputs, rows);
                else
                    GpuMatMul.BackwardWeight(gpu, dy.View, x.View, dw.View, scratch.View, rows, outputs, inputs);
            });
    }

    static long Scratch(Device device, int m, int n, int k, bool packed) =>
        device.ReadsHostMemory ? HostMatMul.ScratchLength(device, m, n, k, packed) : Parts(m, n, k, packed);

    static long Parts(int m, int n, int k, bool packed) => (packed ? new TensorGrid(m, n, k).Split : new TileGrid(m, n, k).Split).PartsLength;
}
