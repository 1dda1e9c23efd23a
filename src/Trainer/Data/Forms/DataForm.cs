using System.Text.Json;

namespace PureLora;

/// <summary>A form that records have: which keys tell it, and what they mean.</summary>
/// <param name="name">What <c>data_form</c> calls it.</param>
/// <param name="shape">How a record of it is written.</param>
/// <param name="keys">The keys that tell it.</param>
public abstract class DataForm(string name, string shape, params string[] keys)
{
    /// <summary>What a message proposes to write where a record fits no form.</summary>
    internal const string Usual = """{"text": ...}, {"prompt": ..., "completion": ...} or {"messages": [...]}""";

    /// <summary>All of them; <see cref="TrainConfig.DataForm"/> has their names too.</summary>
    public static IReadOnlyList<DataForm> All { get; } =
    [
        new TextForm(), new PromptCompletionForm(), new AlpacaForm(), new MessagesForm(), new ConversationsForm(), new SelfInstructForm(), new TokensForm(), new PreferenceForm(),
    ];

    public string Name => name;

    /// <summary>How a record of this form is written.</summary>
    public string Shape => shape;

    /// <summary>The examples in one record, at least one.</summary>
    /// <exception cref="PureLoraException">The record is not of this form, or a value in it is of the wrong kind; with <paramref name="place"/>.</exception>
    public abstract IEnumerable<Draft> Drafts(JsonElement record, string place);

    /// <summary>The form of that name.</summary>
    public static DataForm Of(string name) => All.Single(form => form.Name == name);

    /// <summary>The form that a record's keys tell.</summary>
    /// <exception cref="PureLoraException">They tell none, or more than one.</exception>
    public static DataForm Of(JsonElement record, string place)
    {
        var fitting = All.Where(form => form.Fits(record, withNulls: false)).ToArray();
        if (fitting.Length == 0)
            fitting = [.. All.Where(form => form.Fits(record, withNulls: true))];
        return fitting switch
        {
            [var form] => form,
            [] => throw new PureLoraException($"{place}: the record's keys are {Fields.Keys(record)}, but training needs {Usual}, or another form of docs/data.md. Rename or add keys."),
            _ => throw new PureLoraException($"{place}: the record's keys fit {fitting.Length} forms ({string.Join(", ", fitting.Select(form => form.Name))}), but training needs to know which is meant. Set data_form to one of them."),
        };
    }

    /// <summary>Refuses a record that lacks the keys of this form, as the first of its set had them.</summary>
    internal void Expect(JsonElement record, string place)
    {
        if (!Fits(record, withNulls: true))
            throw new PureLoraException($"{place}: the record's keys are {Fields.Keys(record)}, but data of the form {name} needs {shape} in every record. Correct this record, or split the file in two and give both to train_file.");
    }

    bool Fits(JsonElement record, bool withNulls) => keys.All(key => record.TryGetProperty(key, out var value) && (withNulls || value.ValueKind != JsonValueKind.Null));
}
