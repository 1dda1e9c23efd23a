#:project ../src/Model/Model.csproj
// Learns the tiny model's tokenizer from the text that its base learns:
//   dotnet run eng/tiny-tokenizer.cs -- BASE_TRAIN.jsonl VOCABULARY_SIZE OUT_FOLDER
using System.Text.Json;
using PureLora;

if (args.Length != 3 || !int.TryParse(args[1], out int size))
{
    Console.Error.WriteLine("usage: dotnet run eng/tiny-tokenizer.cs -- BASE_TRAIN.jsonl VOCABULARY_SIZE OUT_FOLDER");
    return 2;
}
var texts = new List<string>();
foreach (string line in File.ReadLines(args[0]))
{
    using var example = JsonDocument.Parse(line);
    texts.Add(example.RootElement.GetProperty("prompt").GetString()!);
    texts.Add(example.RootElement.GetProperty("completion").GetString()!);
}
BpeTraining.Write(args[2], texts, size);
return 0;
