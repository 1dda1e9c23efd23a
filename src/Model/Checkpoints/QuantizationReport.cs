using PureLora.Kernels;

namespace PureLora;

/// <summary>What each format loses in each linear of a checkpoint: every one is quantized and compared with what it was.</summary>
public static class QuantizationReport
{
    static readonly Quantization[] formats =
    [
        new(WeightFormat.NF4), new(WeightFormat.NF4, DoubleQuant: true), new(WeightFormat.FP4), new(WeightFormat.INT8),
    ];

    /// <summary>
    /// One row for each linear and format, layer by layer; linears that <paramref name="how"/> skips are left out. Where a
    /// format cannot hold a linear there is the reason in place of the error.
    /// </summary>
    public static IEnumerable<(string Linear, string Format, QuantizationError? Error, string? Reason)> Of(CpuDevice device, string folder, QuantizationConfig how)
    {
        using var model = Pretrained.Load(device, folder);
        foreach (var linear in model.Linears.OfType<Linear>().Where(linear => how.Covers(linear.Name)))
        {
            foreach (var format in formats)
            {
                var (error, reason) = Lost(device, linear.Weight, format);
                yield return (linear.Name, (how with { Storage = format }).ToString(), error, reason);
            }
        }
    }

    static (QuantizationError?, string?) Lost(CpuDevice device, Weight weight, Quantization format)
    {
        try
        {
            using var matrix = Quantizer.Quantize(device, format, "cannot hold it", weight.Rows, weight.Columns, weight.Read);
            return (QuantizationError.Of(matrix, weight.Read), null);
        }
        catch (PureLoraException e)
        {
            return (null, e.Message);
        }
    }

    /// <summary>The values of the codes of NF4 or FP4, ascending, with the share of elements that each stands for.</summary>
    public static IEnumerable<(float Value, double Share)> Shares(string format, QuantizationError error)
    {
        var book = CodeBook.Of(Enum.Parse<WeightFormat>(format));
        var values = book.Values.ToArray();
        return book.Codes.Select(code => (values[code], (double)error.Codes[code] / error.Count));
    }
}
