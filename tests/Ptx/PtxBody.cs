using System.Text.RegularExpressions;

namespace PureLora.Tests.Ptx;

/// <summary>Reads the body of a kernel: its declarations, its labels and, through <see cref="PtxDecoder"/>, its instructions.</summary>
sealed partial class PtxBody(string name, List<PtxParameter> parameters)
{
    readonly Dictionary<string, int> labels = [];
    readonly Dictionary<string, string[]> tables = [];
    readonly List<(PtxDecoded Decoded, string Text, int Line)> code = [];
    readonly PtxOperands operands = new(parameters);
    int sharedBytes, localBytes;

    public PtxKernel Read(string text, int line)
    {
        foreach (var statement in text.Split(';'))
        {
            var lead = statement.Length - statement.TrimStart().Length;
            var first = line + statement.AsSpan(0, lead).Count('\n');
            try
            {
                Statement(statement.Trim(), first);
            }
            catch (Exception e) when (e is PtxException or FormatException or IndexOutOfRangeException or OverflowException)
            {
                throw new PtxException($"{name}: line {first}: '{statement.Trim()}': {e.Message}");
            }
            line += statement.AsSpan().Count('\n');
        }
        Statement("ret", line);
        var instructions = code.Select(c => Resolved(c.Decoded, c.Text, c.Line)).ToArray();
        PtxDecoded[] decoded = [.. code.Select(c => c.Decoded)];
        var kernel = new PtxKernel
        {
            Name = name,
            Parameters = parameters,
            Code = instructions,
            Texts = [.. code.Select(c => c.Text)],
            Lines = [.. code.Select(c => c.Line)],
            Slots = operands.Slots(out var specials),
            Registers = operands.Registers,
            Specials = specials,
            SharedBytes = sharedBytes,
            LocalBytes = localBytes,
            LiveRegisters = new Lazy<int>(() => PtxLiveness.Most(operands.Registers, decoded)),
        };
        PtxAssignment.Check(kernel, decoded);
        return kernel;
    }

    void Statement(string text, int line)
    {
        // Braces that begin a statement open or close a scope; those of vectors stand within one.
        text = text.TrimStart('{', '}', ' ', '\t', '\n', '\r');
        for (var label = Label().Match(text); label.Success; label = Label().Match(text))
        {
            var rest = text[label.Length..].TrimStart();
            if (rest.StartsWith(".branchtargets", StringComparison.Ordinal))
            {
                tables.Add(label.Groups[1].Value, rest[".branchtargets".Length..].Split(',', StringSplitOptions.TrimEntries));
                return;
            }
            labels.Add(label.Groups[1].Value, code.Count);
            text = rest.TrimStart('{', '}', ' ', '\t', '\n', '\r');
        }
        if (text.StartsWith(".reg", StringComparison.Ordinal))
            operands.Declare(text);
        else if (text.StartsWith(".shared", StringComparison.Ordinal))
            Declare(text, ref sharedBytes);
        else if (text.StartsWith(".local", StringComparison.Ordinal))
            Declare(text, ref localBytes);
        else if (text.StartsWith('.'))
            throw new PtxException("the directive is unknown.");
        else if (text.Length > 0)
            code.Add((PtxDecoder.Decode(text, operands), Spaces().Replace(text, " "), line));
    }

    void Declare(string text, ref int bytes)
    {
        var match = Variable().Match(text);
        if (!match.Success)
            throw new PtxException("the declaration is not understood.");
        var size = int.Parse(match.Groups["bits"].Value) / 8;
        var alignment = match.Groups["align"].Success ? int.Parse(match.Groups["align"].Value) : size;
        bytes = (bytes + alignment - 1) / alignment * alignment;
        operands.Declare(match.Groups["name"].Value, bytes);
        bytes += size * (match.Groups["count"].Success ? int.Parse(match.Groups["count"].Value) : 1);
    }

    PtxInstruction Resolved(PtxDecoded decoded, string text, int line)
    {
        var instruction = decoded.Instruction;
        int Find(string label) => labels.TryGetValue(label, out var at)
            ? at : throw new PtxException($"{name}: line {line}: '{text}': the label {label} is unknown.");
        (instruction.Bits, instruction.Size, instruction.Signed) = ((byte)instruction.Type.Bits(), (byte)instruction.Bytes, instruction.Type.IsSigned());
        instruction.D = operands.Place(instruction.D);
        instruction.A = operands.Place(instruction.A);
        instruction.B = operands.Place(instruction.B);
        instruction.C = operands.Place(instruction.C);
        instruction.E = operands.Place(instruction.E);
        instruction.List = [.. instruction.List.Select(operands.Place)];
        if (instruction.Op == PtxOp.Branch)
            instruction.Target = Find(decoded.Label!);
        else if (instruction.Op == PtxOp.BranchTable)
            instruction.List = tables.TryGetValue(decoded.Label!, out var table)
                ? [.. table.Select(Find)] : throw new PtxException($"{name}: line {line}: the table {decoded.Label} is unknown.");
        decoded.Instruction = instruction;
        return instruction;
    }

    [GeneratedRegex(@"^([A-Za-z_$][\w$]*)\s*:(?!:)")]
    private static partial Regex Label();

    [GeneratedRegex(@"^\.\w+\s+(?:\.align\s+(?<align>\d+)\s+)?\.[busf](?<bits>\d+)\s+(?<name>[\w$]+)(?:\[(?<count>\d+)\])?$")]
    private static partial Regex Variable();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
