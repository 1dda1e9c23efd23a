using System.Text.RegularExpressions;

namespace PureLora.Tests.Ptx;

/// <summary>The kernels of a PTX text.</summary>
sealed partial class PtxModule
{
    PtxModule(IReadOnlyDictionary<string, PtxKernel> kernels) => Kernels = kernels;

    public IReadOnlyDictionary<string, PtxKernel> Kernels { get; }

    /// <summary>Throws a <see cref="PtxException"/> with the line for anything that it does not know.</summary>
    public static PtxModule Parse(string text)
    {
        text = Comment().Replace(text, match => new string('\n', match.Value.Count(c => c == '\n')));
        var kernels = new Dictionary<string, PtxKernel>();
        foreach (Match entry in Entry().Matches(text))
        {
            var start = entry.Index + entry.Length;
            var end = ClosingBrace(text, start);
            var line = 1 + text.AsSpan(0, start).Count('\n');
            var name = entry.Groups["name"].Value;
            kernels.Add(name, new PtxBody(name, Parameters(entry.Groups["parameters"].Value)).Read(text[start..end], line));
        }
        return kernels.Count > 0 ? new PtxModule(kernels) : throw new PtxException("The text has no '.visible .entry'.");
    }

    static int ClosingBrace(string text, int start)
    {
        for (var (i, depth) = (start, 1); i < text.Length; i++)
        {
            depth += text[i] == '{' ? 1 : text[i] == '}' ? -1 : 0;
            if (depth == 0)
                return i;
        }
        throw new PtxException("The text ends within a kernel.");
    }

    static List<PtxParameter> Parameters(string text)
    {
        var parameters = new List<PtxParameter>();
        var offset = 0;
        foreach (var part in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var match = Parameter().Match(part);
            if (!match.Success)
                throw new PtxException($"The parameter '{part}' is not understood.");
            var bytes = int.Parse(match.Groups["bits"].Value) / 8 * (match.Groups["count"].Success ? int.Parse(match.Groups["count"].Value) : 1);
            var alignment = match.Groups["align"].Success ? int.Parse(match.Groups["align"].Value) : bytes;
            offset = (offset + alignment - 1) / alignment * alignment;
            parameters.Add(new PtxParameter(match.Groups["name"].Value, offset, bytes));
            offset += bytes;
        }
        return parameters;
    }

    [GeneratedRegex(@"//[^\n]*|/\*.*?\*/", RegexOptions.Singleline)]
    private static partial Regex Comment();

    [GeneratedRegex(@"\.entry\s+(?<name>[\w$]+)\s*\((?<parameters>[^)]*)\)[^{]*\{")]
    private static partial Regex Entry();

    [GeneratedRegex(@"^\.param\s+(?:\.align\s+(?<align>\d+)\s+)?\.[busf](?<bits>\d+)\s+(?<name>[\w$]+)(?:\[(?<count>\d+)\])?$")]
    private static partial Regex Parameter();
}
