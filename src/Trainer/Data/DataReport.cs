namespace PureLora;

/// <summary>What reading a data set came to, and what the checks saw in it.</summary>
sealed class DataReport
{
    readonly Dictionary<Check, Tally> tallies = [];
    readonly long[] roleTokens = new long[Enum.GetValues<Role>().Length], roleTrained = new long[Enum.GetValues<Role>().Length];

    /// <summary>The names of the files as the setting has them.</summary>
    public required string Files { get; init; }

    public required int MaxSeqLength { get; init; }

    /// <summary>truncation_side, which says what an example that is too long loses.</summary>
    public required string Side { get; init; }

    /// <summary>How the tokens are written at which generation ends.</summary>
    public required IReadOnlyList<string> Stops { get; init; }

    /// <summary>The form of each set, in order.</summary>
    public List<DataForm> Forms { get; } = [];

    public long Records { get; set; }

    /// <summary>Examples that were made, those left out with them.</summary>
    public long Examples { get; private set; }

    /// <summary>Examples that the checks saw.</summary>
    public long Looked => Examples - TooLong;

    /// <summary>Examples that are chats or instructions, of those that the checks saw.</summary>
    public long Chats { get; private set; }

    /// <summary>Pairs of a better and a worse answer, which are checked and not trained on.</summary>
    public long Preferences { get; set; }

    /// <summary>Examples that lost tokens.</summary>
    public long Cut { get; private set; }

    /// <summary>Examples left out since they were too long (truncation_side: drop).</summary>
    public long TooLong { get; private set; }

    /// <summary>Examples left out since no trained token was left.</summary>
    public long Untrained { get; private set; }

    /// <summary>Examples with a character outside of ASCII.</summary>
    public long NonAscii { get; private set; }

    /// <summary>Tokens of the longest example before it was cut, and where it is.</summary>
    public (int Tokens, string Place) Longest { get; private set; }

    /// <summary>The smallest max_seq_length with which any example would be trained.</summary>
    public int ShortestUse { get; private set; } = int.MaxValue;

    /// <summary>The largest id, and where it is first.</summary>
    public (int Id, string Place) LargestId { get; private set; } = (-1, "");

    public long Tokens => roleTokens.Sum();

    public long Trained => roleTrained.Sum();

    /// <summary>Tokens of each role, and how many of them are trained; roles without any are left out.</summary>
    public IEnumerable<(Role Role, long Tokens, long Trained)> Roles =>
        Enum.GetValues<Role>().Select(role => (role, roleTokens[(int)role], roleTrained[(int)role])).Where(row => row.Item2 > 0);

    /// <summary>Takes an example and what was seen in it, in the order of the data.</summary>
    /// <param name="example">Within max_seq_length, or null where it was too long.</param>
    /// <param name="whole">Before it was cut.</param>
    /// <param name="seen">What each check said of it.</param>
    /// <param name="place">File and line.</param>
    /// <returns>Whether it is one to train on.</returns>
    public bool Add(Encoded? example, Encoded whole, IReadOnlyList<string?> seen, string place)
    {
        Examples++;
        if (whole.WholeLength > Longest.Tokens)
            Longest = (whole.WholeLength, place);
        if (whole.FirstTrained < whole.WholeLength)
            ShortestUse = Math.Min(ShortestUse, Side == "drop" ? whole.WholeLength : whole.FirstTrained + 1);
        for (var i = 0; i < seen.Count; i++)
            if (seen[i] is { } what)
                tallies[Check.All[i]] = tallies.TryGetValue(Check.All[i], out var earlier) ? earlier.More() : new Tally(1, place, what);
        TooLong += example is null ? 1 : 0;
        if (example is null)
            return false;
        Chats += whole.IsChat ? 1 : 0;
        NonAscii += Mojibake.HasNonAscii(whole) ? 1 : 0;
        var isTrained = example.TrainedTokens > 0;
        Untrained += isTrained ? 0 : 1;
        if (!isTrained)
            return false;
        if (example.Ids.Max() is var id && id > LargestId.Id)
            LargestId = (id, place);
        Cut += example.IsCut ? 1 : 0;
        for (var t = 0; t < example.Ids.Length; t++)
        {
            roleTokens[(int)example.Roles[t]]++;
            roleTrained[(int)example.Roles[t]] += t > 0 && example.Trained[t] ? 1 : 0;
        }
        return true;
    }

    /// <summary>What stops a run, in the order of the checks.</summary>
    public IEnumerable<Finding> Findings =>
        from check in Check.All
        where tallies.ContainsKey(check) && check.Stops(tallies[check].Count, this)
        let tally = tallies[check]
        select new Finding(check.Name, $"{tally.Place}: {check.Message(tally, this)}, or let it pass with allow: [{check.Name}].");

    /// <summary>One sentence for each thing that was done to the data and that a person should know.</summary>
    public IEnumerable<string> Warnings
    {
        get
        {
            if (Cut > 0)
                yield return $"{Files}: {Count(Cut)} longer than max_seq_length {MaxSeqLength} and lost the {(Side == "left" ? "start" : "end, EOS included")} (the longest has {Longest.Tokens} tokens, at {Longest.Place}). Raise max_seq_length to train on the whole.";
            if (TooLong > 0)
                yield return $"{Files}: {Count(TooLong)} longer than max_seq_length {MaxSeqLength} and left out (the longest has {Longest.Tokens} tokens, at {Longest.Place}). Raise max_seq_length to train on them.";
            if (Untrained > 0)
                yield return $"{Files}: {Count(Untrained)} left out, with no trained token within max_seq_length {MaxSeqLength}. Raise max_seq_length or shorten the prompts to train on them.";
            if (tallies.GetValueOrDefault(Check.All.OfType<EosNotTrained>().Single()) is { } endless && endless.Count * 2 > Looked && endless.Count < Looked)
                yield return $"{endless.Place}: {Count(endless.Count)} trained without an end ({endless.What}), so the model may learn not to stop. Raise max_seq_length, or end the texts.";
        }
    }

    string Count(long some) => $"{some:N0} of {Examples:N0} examples {(some == 1 ? "was" : "were")}";
}
