using System.Text.Json.Nodes;

namespace PureLora;

/// <summary>What is in a data set, as lines and as JSON.</summary>
static class DataView
{
    const int Bar = 40;

    /// <param name="report">Takes the lines.</param>
    /// <param name="config">The run.</param>
    /// <param name="set">The examples that are left.</param>
    /// <param name="read">What reading them showed.</param>
    /// <param name="part">For examples that were split off: what they are.</param>
    public static JsonObject Show(Report report, TrainConfig config, ExampleSet set, DataReport read, string? part = null)
    {
        var json = new JsonObject { ["files"] = read.Files, ["forms"] = new JsonArray([.. read.Forms.Select(form => (JsonNode)form.Name)]) };
        report.Line($"{read.Files}{(part is null ? "" : $", {part}")}");
        if (read.Preferences > 0)
        {
            Row("records", $"{read.Preferences:N0} pairs of a chosen and a rejected answer, all well formed; train has no use for them yet");
            json["preferences"] = read.Preferences;
        }
        if (set.Count == 0)
            return json;
        var numbers = new DataStatistics(set);
        var trained = Enumerable.Range(0, set.Count).Sum(i => (long)set.TrainedTokens(i));
        Row("form", string.Join(", ", read.Forms.Select(form => form.Name).Distinct()));
        Row("examples", part is null ? $"{set.Count:N0} of {read.Examples:N0}, from {Spelling.Count(read.Records, "record")}" : $"{set.Count:N0}");
        Row("tokens", $"{set.Tokens:N0}, {trained:N0} of them trained ({Share(trained, set.Tokens)})");
        Row("lengths", $"{numbers.Length(0)} to {set.Longest} tokens, half of them up to {numbers.Length(0.5)}, nine in ten up to {numbers.Length(0.9)}");
        var histogram = numbers.Histogram();
        foreach (var (from, to, count) in histogram)
            report.Line($"  {$"{from} - {to}",16}  {new string('#', (int)Math.Ceiling((double)Bar * count / histogram.Max(row => row.Count))),-Bar} {count:N0}");
        json["examples"] = set.Count;
        json["tokens"] = set.Tokens;
        json["trained_tokens"] = trained;
        json["lengths"] = new JsonObject { ["shortest"] = numbers.Length(0), ["median"] = numbers.Length(0.5), ["ninety_percent"] = numbers.Length(0.9), ["longest"] = set.Longest };
        json["histogram"] = new JsonArray([.. histogram.Select(row => (JsonNode)new JsonObject { ["from"] = row.From, ["to"] = row.To, ["examples"] = row.Count })]);
        if (part is null)
        {
            foreach (var (role, tokens, some) in read.Roles)
                Row(role.ToString().ToLowerInvariant(), $"{tokens:N0} tokens, {Share(some, tokens)} trained");
            Row("cut", $"{read.Cut:N0} at max_seq_length {read.MaxSeqLength}; {read.TooLong + read.Untrained:N0} left out; the longest has {read.Longest.Tokens:N0} tokens ({read.Longest.Place})");
            json["records"] = read.Records;
            json["examples_read"] = read.Examples;
            json["roles"] = new JsonObject(read.Roles.Select(row => KeyValuePair.Create(row.Role.ToString().ToLowerInvariant(), (JsonNode?)new JsonObject { ["tokens"] = row.Tokens, ["trained"] = row.Trained })));
            json["cut"] = read.Cut;
            json["too_long"] = read.TooLong;
            json["untrained"] = read.Untrained;
            json["longest_before_cut"] = read.Longest.Tokens;
        }
        var (duplicates, first) = numbers.Duplicates();
        Row("duplicates", duplicates == 0 ? "none" : $"{duplicates:N0}: {string.Join("; ", first.Select(pair => $"{pair.Place} is {pair.Earlier} again"))}");
        json["duplicates"] = duplicates;
        if (config.Packing)
        {
            var sampler = new Sampler(set, config);
            Row("packing", $"{sampler.RowsPerEpoch:N0} rows of {config.MaxSeqLength}, {Share(set.Tokens, (long)sampler.RowsPerEpoch * config.MaxSeqLength)} full");
            json["rows"] = sampler.RowsPerEpoch;
        }
        return json;

        void Row(string name, string text) => report.Line($"  {name,-12}{text}");
    }

    static string Share(long some, long all) => FormattableString.Invariant($"{100.0 * some / Math.Max(1, all):F1} %");
}
