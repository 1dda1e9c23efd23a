using System.Diagnostics;
using System.Globalization;
using PureLora.Kernels;

namespace PureLora;

/// <summary>Which of the three products of a linear layer, each written as C [m, n] summed over k.</summary>
enum ProductForm
{
    /// <summary>y = x·Wᵀ: x [m, k], W [n, k].</summary>
    Forward,

    /// <summary>dx += dy·W: dy [m, k], W [k, n].</summary>
    BackwardInput,

    /// <summary>dW += dyᵀ·x: dy [k, m], x [k, n].</summary>
    BackwardWeight,
}

/// <summary>C [M, N] summed over K.</summary>
readonly record struct ProductSize(int M, int N, int K)
{
    public override string ToString() => $"{M}x{N}x{K}";
}

/// <summary>Median rates of one product.</summary>
/// <param name="Form">Which product.</param>
/// <param name="Format">What the weight is stored as; F32 where there is none.</param>
/// <param name="Size">Its size.</param>
/// <param name="Threads">How many worked on it.</param>
/// <param name="GigaFlops">Of 2·m·n·k operations.</param>
/// <param name="PeakGigaFlops">What as many threads, or the GPU, do in registers, measured in turn with it; of a processor as a GPU, all its cores.</param>
sealed record MatMulRate(ProductForm Form, WeightFormat Format, ProductSize Size, int Threads, double GigaFlops, double PeakGigaFlops);

/// <summary>
/// Measures products as training launches them: packing, decoding and all. In bf16 each product rounds its own activations,
/// which in training several products share.
/// </summary>
static class MatMulBenchmark
{
    const double LeastSeconds = 0.02, WarmSeconds = 0.15;

    /// <summary>One product, in turn with the peak, for each number of threads; medians of <paramref name="rounds"/>.</summary>
    public static IEnumerable<MatMulRate> Run(string device, ProductForm form, WeightFormat format, ProductSize size, IReadOnlyList<int> threads, int rounds, bool bf16 = false)
    {
        var products = threads.Select(count => new Product(device, form, format, size, count, bf16)).ToList();
        var rates = products.Select(_ => (Product: new List<double>(), Peak: new List<double>())).ToList();
        try
        {
            foreach (var product in products)
                product.Warm();
            for (var round = 0; round < rounds; round++)
                for (var i = 0; i < products.Count; i++)
                {
                    rates[i].Peak.Add(products[i].Peak());
                    rates[i].Product.Add(products[i].GigaFlops());
                }
        }
        finally
        {
            products.ForEach(product => product.Dispose());
        }
        for (var i = 0; i < threads.Count; i++)
            yield return new MatMulRate(form, format, size, threads[i], Sample.Median(rates[i].Product), Sample.Median(rates[i].Peak));
    }

    /// <summary>What the shares of a GPU are shares of, with the host's own peak beside it.</summary>
    public static string Describe(string name, bool bf16 = false)
    {
        using var gpu = (GpuDevice)Device.Open(name, 0, bf16);
        return string.Create(CultureInfo.InvariantCulture,
            $"{gpu.Name} ({gpu.Description}) does {Peak(gpu):F1} GFLOP/s in registers{(gpu.IsProcessor ? " (it is a processor: all its cores)" : bf16 ? " (tensor cores, bf16)" : "")} and copies {PeakProbe.Bandwidth(gpu) / 1e9:F1} GB/s; one thread of the host does {FmaPeak.GigaFlops(1):F1} GFLOP/s.");
    }

    /// <summary>GFLOP/s in registers.</summary>
    static double Peak(Device device)
    {
        if (device.ReadsHostMemory)
            return FmaPeak.GigaFlops(device.Workers);
        var gpu = (GpuDevice)device;
        return gpu.IsProcessor ? FmaPeak.GigaFlops(Environment.ProcessorCount) : PeakProbe.GigaFlops(gpu);
    }

    sealed class Product : IDisposable
    {
        readonly Device device;
        readonly Weight? weight;
        readonly FloatBuffer left, right, result;
        readonly Action run;
        readonly double operations;

        public Product(string on, ProductForm form, WeightFormat format, ProductSize size, int threads, bool bf16)
        {
            var (m, n, k) = (size.M, size.N, size.K);
            operations = 2.0 * m * n * k;
            device = Device.Open(on, threads, bf16);
            (left, result) = (Random(m, k), device.RentZeroed<float>((long)m * n));
            right = form == ProductForm.BackwardWeight ? Random(k, n) : device.Rent<float>(1);
            var (rows, columns) = form == ProductForm.Forward ? (n, k) : (k, n);
            weight = form == ProductForm.BackwardWeight ? null : Weight.Random(device, new Quantization(format), "w", rows, columns, 1, 0.1f);
            run = form switch
            {
                ProductForm.Forward => () => Rounded(left, m, packed => MatMul.Forward(device, left, m, weight!, result, packed: packed)),
                ProductForm.BackwardInput => () => Rounded(left, m, packed => MatMul.BackwardInput(device, left, m, weight!, result, packed: packed)),
                _ when !MatMul.IsWeightPacked(device, m, n) => () => MatMul.BackwardWeight(device, left, right, k, m, n, result),
                _ => () => Rounded(left, k, dy => Rounded(right, k, x => MatMul.BackwardWeight(device, left, right, k, m, n, result, (dy!, x!)))),
            };
        }

        void Rounded(FloatBuffer x, int rows, Action<FloatBuffer?> product)
        {
            using var packed = device.MultipliesInBF16 ? MatMul.Pack(device, x, rows) : null;
            product(packed);
        }

        FloatBuffer Random(int rows, int columns)
        {
            var values = device.Rent<float>((long)rows * columns);
            using var drawn = Weight.Random(device, new Quantization(WeightFormat.F32), "x", rows, columns, 1, 0.1f);
            Decode.Forward(device, drawn, values);
            return values;
        }

        public void Warm()
        {
            for (var clock = Stopwatch.StartNew(); clock.Elapsed.TotalSeconds < WarmSeconds;)
                Once();
        }

        public double Peak() => MatMulBenchmark.Peak(device);

        /// <summary>A GPU is waited for each time, or launches would pile up; so small products show what a launch costs.</summary>
        void Once()
        {
            run();
            device.Synchronize();
        }

        public double GigaFlops()
        {
            var (runs, clock) = (0, Stopwatch.StartNew());
            do
            {
                Once();
                runs++;
            }
            while (clock.Elapsed.TotalSeconds < LeastSeconds);
            return runs * operations / clock.Elapsed.TotalSeconds / 1e9;
        }

        public void Dispose()
        {
            weight?.Dispose();
            left.Dispose();
            right.Dispose();
            result.Dispose();
            device.Dispose();
        }
    }
}
