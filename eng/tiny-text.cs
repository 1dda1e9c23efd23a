#:property AlsoCompile=TinyText/*.cs;../src/Kernels/Philox.cs;../src/Kernels/ScalarMath.cs
// Writes the text of examples/tiny-base and examples/quickstart:
//   dotnet run eng/tiny-text.cs -- OUT_FOLDER     OUT_FOLDER/{base-train,train,heldout}.jsonl
using PureLora;

if (args.Length != 1)
{
    Console.Error.WriteLine("usage: dotnet run eng/tiny-text.cs -- OUT_FOLDER");
    return 2;
}
Directory.CreateDirectory(args[0]);
File.WriteAllText(Path.Combine(args[0], "base-train.jsonl"), TinyText.BaseFile());
File.WriteAllText(Path.Combine(args[0], "train.jsonl"), TinyText.AdapterFile());
File.WriteAllText(Path.Combine(args[0], "heldout.jsonl"), TinyText.HeldOutFile());
Console.WriteLine($"{TinyText.Base.Count} base examples, {TinyText.Adapter.Count} adapter examples, {TinyText.HeldOut.Count} held out");
return 0;
