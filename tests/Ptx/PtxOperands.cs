using System.Globalization;
using System.Text.RegularExpressions;

namespace PureLora.Tests.Ptx;

/// <summary>Gives each register, constant and special register of a kernel its slot, and each name its address.</summary>
sealed partial class PtxOperands(IReadOnlyList<PtxParameter> parameters)
{
    static readonly Dictionary<string, PtxSpecial> specialNames = new()
    {
        ["%tid.x"] = PtxSpecial.ThreadX,
        ["%ntid.x"] = PtxSpecial.GroupSizeX,
        ["%ctaid.x"] = PtxSpecial.GroupX,
        ["%nctaid.x"] = PtxSpecial.GroupsX,
        ["%laneid"] = PtxSpecial.Lane,
        ["%warpid"] = PtxSpecial.Warp,
        ["%tid.y"] = PtxSpecial.Zero,
        ["%tid.z"] = PtxSpecial.Zero,
        ["%ctaid.y"] = PtxSpecial.Zero,
        ["%ctaid.z"] = PtxSpecial.Zero,
        ["%ntid.y"] = PtxSpecial.One,
        ["%ntid.z"] = PtxSpecial.One,
        ["%nctaid.y"] = PtxSpecial.One,
        ["%nctaid.z"] = PtxSpecial.One,
    };

    readonly Dictionary<string, (int Slot, int Bits)> registers = [];
    readonly Dictionary<string, long> addresses = [];

    // Constants are numbered from -2 down until the number of registers is known; -1 means that there is no operand.
    readonly Dictionary<ulong, int> constants = [];
    readonly Dictionary<PtxSpecial, int> specials = [];
    int others;

    public int Registers => registers.Count;

    /// <summary>".reg .b32 %r&lt;17&gt;" or ".reg .pred p, q".</summary>
    public void Declare(string text)
    {
        var match = Declaration().Match(text);
        if (!match.Success)
            throw new PtxException("the declaration is not understood.");
        var bits = match.Groups["type"].Value == "pred" ? 1 : PtxModifiers.Type(match.Groups["type"].Value).Bits();
        foreach (var name in match.Groups["names"].Value.Split(',', StringSplitOptions.TrimEntries))
        {
            var open = name.IndexOf('<');
            if (open < 0)
                Add(name, bits);
            else
                for (var i = 0; i < int.Parse(name[(open + 1)..^1]); i++)
                    Add(name[..open] + i, bits);
        }
    }

    void Add(string name, int bits)
    {
        if (!registers.TryAdd(name, (registers.Count, bits)) && registers[name].Bits != bits)
            throw new PtxException($"{name} is declared twice, with different widths.");
    }

    public void Declare(string name, long address) => addresses.Add(name, address);

    public (int Slot, int Bits) Register(string name) =>
        registers.TryGetValue(name, out var found) ? found : throw new PtxException($"the register {name} is not declared.");

    public bool IsRegister(string name) => registers.ContainsKey(name);

    /// <summary>The slot of whatever can be read; <paramref name="bits"/> is how wide an immediate is.</summary>
    public int Slot(string operand, int bits)
    {
        if (registers.TryGetValue(operand, out var register))
            return register.Slot;
        if (specialNames.TryGetValue(operand, out var special))
            return specials.TryGetValue(special, out var slot) ? slot : specials[special] = -2 - others++;
        if (operand.StartsWith('%'))
            throw new PtxException($"the register {operand} is unknown.");
        return Constant(addresses.TryGetValue(operand, out var address) ? (ulong)address : PtxOps.Low(Immediate(operand), bits));
    }

    public int Constant(ulong value) => constants.TryGetValue(value, out var slot) ? slot : constants[value] = -2 - others++;

    static ulong Immediate(string text)
    {
        if (text.StartsWith("0f", StringComparison.OrdinalIgnoreCase) && text.Length == 10)
            return uint.Parse(text.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        if (text.StartsWith("0d", StringComparison.OrdinalIgnoreCase) && text.Length == 18)
            return ulong.Parse(text.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        if (text.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
            return ulong.Parse(text.AsSpan(2).TrimEnd('U'), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return text.StartsWith('-')
            ? (ulong)long.Parse(text, CultureInfo.InvariantCulture)
            : ulong.Parse(text.AsSpan().TrimEnd('U'), CultureInfo.InvariantCulture);
    }

    /// <summary>"[name+8]": the slot of the base and the offset.</summary>
    public (int Slot, long Offset) Address(string text)
    {
        var match = Place().Match(text);
        if (!match.Success)
            throw new PtxException($"the address {text} is not understood.");
        var name = match.Groups["name"].Value;
        var offset = match.Groups["offset"].Success ? long.Parse(match.Groups["offset"].Value.Replace(" ", "").Replace("+-", "-"), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture) : 0;
        return (Slot(name, 64), offset);
    }

    /// <summary>The place among the bytes of a launch.</summary>
    public long Parameter(string text)
    {
        var match = Place().Match(text);
        var parameter = parameters.FirstOrDefault(p => p.Name == match.Groups["name"].Value);
        if (parameter.Bytes == 0)
            throw new PtxException($"the parameter of {text} is unknown.");
        var offset = match.Groups["offset"].Success ? int.Parse(match.Groups["offset"].Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture) : 0;
        return parameter.Offset + offset;
    }

    /// <summary>A slot's final number.</summary>
    public int Place(int slot) => slot < -1 ? registers.Count - 2 - slot : slot;

    public ulong[] Slots(out List<(PtxSpecial, int)> found)
    {
        var slots = new ulong[registers.Count + others + 1];
        foreach (var (value, slot) in constants)
            slots[Place(slot)] = value;
        found = [.. specials.Select(s => (s.Key, Place(s.Value)))];
        return slots;
    }

    [GeneratedRegex(@"^\.reg\s+\.(?<type>\w+)\s+(?<names>.+)$", RegexOptions.Singleline)]
    private static partial Regex Declaration();

    [GeneratedRegex(@"^\[\s*(?<name>[%\w$.]+)\s*(?<offset>\+?\s*-?\s*\d+)?\s*\]$")]
    private static partial Regex Place();
}
