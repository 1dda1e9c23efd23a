namespace PureLora;

/// <summary>
/// Eight ways to ask for a fact of each kind. {x} is what is asked about, {a} the same with "a" or "an",
/// {A} with a capital letter; a sum or a difference has {x} and {y}.
/// </summary>
internal static class TinyQuestions
{
    internal const int Ways = 8;

    /// <summary>Said before a question, or nothing.</summary>
    internal static IReadOnlyList<string> Openers { get; } = ["", "Please tell me. ", "Tom asks: ", "Here is a question. "];

    /// <summary>
    /// Said after a question to get the answer in another form. The base meets its knowledge and every mark of JSON in many
    /// places this way, and the words kind and answer without a space before them, but never JSON: a token that is never
    /// trained has the embedding of every other such token, which no adapter could tell from it.
    /// </summary>
    internal static IReadOnlyList<(string Request, string Form)> Manners { get; } =
    [
        (" In quotes, please.", "\"{answer}\""),
        (" In braces, please.", "{{answer}}"),
        (" Name the kind first.", "kind {kind}: {answer}."),
        (" Give the answer and the kind.", "answer {answer}, kind {kind}."),
        (" Put both in quotes.", "\"{kind}\", \"{answer}\""),
    ];

    /// <summary>The question that asks for <paramref name="fact"/> in way <paramref name="way"/> (0 to 7).</summary>
    internal static string Ask(TinyFacts.Fact fact, int way)
    {
        string[] operands = fact.Kind is "sum" or "difference" ? fact.Asked.Split(' ') : [fact.Asked, ""];
        string article = "aeio".Contains(fact.Asked[0]) ? "an " : "a ";
        return Templates[fact.Kind][way]
            .Replace("{x}", operands[0]).Replace("{y}", operands[1])
            .Replace("{a}", article + fact.Asked)
            .Replace("{A}", char.ToUpperInvariant(article[0]) + article[1..] + fact.Asked);
    }

    static readonly Dictionary<string, string[]> Templates = new()
    {
        ["opposite"] =
        [
            "What is the opposite of {x}?", "Name the opposite of {x}.", "Which word means the opposite of {x}?",
            "What is the reverse of {x}?", "Give me the opposite of {x}.", "The word {x} is the opposite of which word?",
            "What do you call the opposite of {x}?", "Which word is least like {x}?",
        ],
        ["colour"] =
        [
            "What colour is {x}?", "Which colour does {x} have?", "Name the colour of {x}.", "What is the colour of {x}?",
            "If you paint {x}, which colour do you use?", "Give me the colour of {x}.", "I see {x}. What colour is it?",
            "Anna draws {x}. Which pencil does she take?",
        ],
        ["sound"] =
        [
            "What sound does {a} make?", "Which sound comes from {a}?", "What does {a} say?", "Name the sound of {a}.",
            "Give me the sound of {a}.", "You meet {a}. What do you hear?", "What noise does {a} make?",
            "How do you write the sound of {a}?",
        ],
        ["plural"] =
        [
            "What is the plural of {x}?", "One {x}, two what?", "Give me the plural of {x}.", "How do you write more than one {x}?",
            "I have one {x}, you have two. Two what?", "What is the word for more than one {x}?", "Name the plural of {x}.",
            "There is one {x} here and three there. Three what?",
        ],
        ["sum"] =
        [
            "What is {x} + {y}?", "Add {x} and {y}.", "What is {x} plus {y}?", "How much is {x} and {y}?",
            "Start at {x} and count up {y}. Where are you?", "What do {x} and {y} make together?", "Work out {x} + {y}.",
            "What is the sum of {x} and {y}?",
        ],
        ["difference"] =
        [
            "What is {x} - {y}?", "From {x} take {y}. What is left?", "What is {x} minus {y}?", "How much is {x} less {y}?",
            "Start at {x} and count down {y}. Where are you?", "What is the difference of {x} and {y}?", "Work out {x} - {y}.",
            "You have {x} and lose {y}. How much is left?",
        ],
        ["after"] =
        [
            "What comes after {x}?", "What follows {x}?", "Name the one after {x}.", "First comes {x}. What comes then?",
            "What is right after {x}?", "Which one comes just after {x}?", "We are at {x}. What is next?", "After {x} comes what?",
        ],
        ["before"] =
        [
            "What comes before {x}?", "What is followed by {x}?", "Name the one before {x}.", "Last comes {x}. What came then?",
            "What is right before {x}?", "Which one comes just before {x}?", "We are at {x}. What was there?", "Before {x} comes what?",
        ],
        ["group"] =
        [
            "What kind of thing is {a}?", "Which group does {a} belong to?", "What is {a}?", "Name the group of {a}.",
            "In which group do you put {a}?", "{A} is a kind of what?", "What do we call things such as {a}?",
            "Give me the group of {a}.",
        ],
        ["young"] =
        [
            "What is a young {x} called?", "What do you call the baby of {a}?", "Name the young of {a}.",
            "{A} has a baby. What is it called?", "Give me the word for a young {x}.", "Which word means a young {x}?",
            "What is the baby of {a}?", "What do we call {a} that is still young?",
        ],
        ["capital"] =
        [
            "What is the capital of {x}?", "Name the capital of {x}.", "Which city is the capital of {x}?",
            "Give me the capital of {x}.", "The capital of {x} is which city?", "What do you call the capital of {x}?",
            "I go to {x}. What is its capital?", "Where does the government of {x} sit?",
        ],
        ["use"] =
        [
            "What do you do with {a}?", "What is {a} for?", "What can you do with {a}?", "You hold {a}. What do you do?",
            "What do people use {a} to do?", "Name the use of {a}.", "What does {a} help you do?", "Why do we need {a}? To do what?",
        ],
    };
}
