namespace PureLora;

/// <summary>
/// Reads data files into a store: their records one after another, a few at a time on all threads, and in their own order again, so that
/// nothing depends on the number of threads. Only those few records, and what the store keeps, are in memory.
/// </summary>
sealed class DataReader(ExampleEncoder encoder, Vocabulary vocabulary, TrainConfig config, CancellationToken stop = default)
{
    const int MostRecords = 512, MostBytes = 4 << 20;

    readonly ParallelOptions threads = new() { MaxDegreeOfParallelism = config.Threads > 0 ? config.Threads : Environment.ProcessorCount };

    /// <summary>One example as it was made, cut, and seen by the checks.</summary>
    sealed record Made(Encoded? Example, Encoded Whole, string?[] Seen);

    /// <summary>Reads the sets that a setting names.</summary>
    /// <param name="names">Files, patterns and folders, one set each.</param>
    /// <param name="splits">Which files are meant in a folder that has several splits.</param>
    /// <exception cref="PureLoraException">A record is wrong, with its place; or no example is left.</exception>
    public (ExampleSet Examples, DataReport Report) Read(IReadOnlyList<string> names, params string[] splits)
    {
        var report = new DataReport
        {
            Files = string.Join(", ", names),
            MaxSeqLength = config.MaxSeqLength,
            Side = config.TruncationSide,
            Stops = [.. vocabulary.Stops.Select(vocabulary.Decode)],
        };
        var store = new ExampleStore();
        try
        {
            var sets = new List<int>();
            foreach (var name in names)
            {
                var (before, made) = (store.Count, report.Examples);
                var form = config.DataForm is { } named ? DataForm.Of(named) : null;
                foreach (var file in DataFiles.Of(name, splits))
                    form = ReadFile(file, form, store, report);
                if (form is null || report.Examples + report.Preferences == made)
                    throw new PureLoraException($"{name}: the number of records is 0, but training needs at least 1. Write one JSON object a line, {DataForm.Usual}.");
                report.Forms.Add(form);
                sets.Add(store.Count - before);
                if (store.Count == before && report.Preferences == 0 && report.Findings.FirstOrDefault(found => found.Name == NotPrefixPreserving.CheckName) is { } reason)
                    throw new PureLoraException(reason.Message);
                if (store.Count == before && report.Preferences == 0)
                    throw new PureLoraException($"{name}: the number of examples with a trained token within max_seq_length {config.MaxSeqLength} is 0, but training needs at least 1. "
                        + (report.ShortestUse == int.MaxValue ? "Check that the tokenizer knows the characters of this file, and what train_on leaves." : $"Raise max_seq_length to {report.ShortestUse} or more (the longest example has {report.Longest.Tokens} tokens)."));
            }
            return (new ExampleSet(store, sets), report);
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    DataForm? ReadFile(string file, DataForm? form, ExampleStore store, DataReport report)
    {
        var (rows, bytes) = (new List<DataRow>(), 0L);
        foreach (var row in DataFiles.Rows(file))
        {
            form ??= DataForm.Of(row.Parse(), row.Place);
            rows.Add(row);
            bytes += row.Json.Length;
            if (rows.Count < MostRecords && bytes < MostBytes)
                continue;
            Flush();
        }
        Flush();
        return form;

        void Flush()
        {
            stop.ThrowIfCancellationRequested();
            var made = new (List<Made>? Examples, Exception? Error)[rows.Count];
            Parallel.For(0, rows.Count, threads, i =>
            {
                try
                {
                    made[i].Examples = Make(rows[i], form!);
                }
                catch (Exception e)
                {
                    made[i].Error = e;
                }
            });
            for (var i = 0; i < rows.Count; i++)
            {
                if (made[i].Error is { } error)
                    System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(error);
                report.Records++;
                report.Preferences += form is PreferenceForm ? 1 : 0;
                foreach (var example in made[i].Examples!)
                {
                    var index = checked((int)report.Examples);
                    if (report.Add(example.Example, example.Whole, example.Seen, rows[i].Place))
                        store.Add(index, rows[i].File, rows[i].Number, example.Example!.Ids, example.Example.Trained);
                }
            }
            rows.Clear();
            bytes = 0;
        }
    }

    /// <summary>The examples of one record.</summary>
    List<Made> Make(DataRow row, DataForm form)
    {
        return [.. Drafts(row, form).Where(draft => draft is not PreferenceDraft).Select(draft =>
        {
            var whole = encoder.Encode(draft, row.Place);
            var example = whole.Within(config.MaxSeqLength, config.TruncationSide, vocabulary.BosId);
            return new Made(example, whole, example is null ? [] : [.. Check.All.Select(check => check.Look(example, vocabulary))]);
        })];
    }

    static List<Draft> Drafts(DataRow row, DataForm form)
    {
        var record = row.Parse();
        form.Expect(record, row.Place);
        try
        {
            return [.. form.Drafts(record, row.Place)];
        }
        catch (InvalidOperationException cause) when (cause is not ObjectDisposedException)
        {
            throw DataRow.HalfCharacter(row.Place, cause);
        }
    }
}
