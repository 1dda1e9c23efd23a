using CsCheck;

namespace PureLora.Tests;

public sealed class ExampleStoreTests
{
    [Fact]
    public void What_is_stored_comes_back_from_memory_and_from_a_file() =>
        Gen.Select(Gen.Int[1, 3000].Array[1, 20], Gen.Int[0, 20_000], Gen.ULong).Sample((lengths, room, seed) =>
        {
            using var store = new ExampleStore(tokensInMemory: room);
            var made = lengths.Select((length, i) => (Ids: Enumerable.Range(i * 7, length).ToArray(), Trained: Enumerable.Range(0, length).Select(t => (t * 31 + i) % 3 > 0).ToArray())).ToArray();
            for (var i = 0; i < made.Length; i++)
                store.Add(2 * i, i < 5 ? "a" : "b", i + 1, made[i].Ids, made[i].Trained);
            foreach (var i in Shuffle.Of(made.Length, seed, 0))
            {
                var example = store.Read(i);
                Assert.Equal((2 * i, $"{(i < 5 ? "a" : "b")}:{i + 1}"), (example.Index, example.Place));
                Assert.Equal(made[i].Ids, example.Ids);
                Assert.Equal(made[i].Ids.Zip(made[i].Trained, (id, trained) => trained ? id : Example.Ignored), example.Labels);
                Assert.Equal((made[i].Ids.Length, example.TrainedTokens), (store[i].Length, store[i].Trained));
            }
        }, iter: 60);

    [Fact]
    public void A_store_larger_than_its_room_holds_no_tokens_in_memory()
    {
        using var store = new ExampleStore(tokensInMemory: 1000);
        var (ids, trained) = (new int[10_000], new bool[10_000]);
        for (var i = 0; i < 500; i++)
        {
            ids[0] = i;
            store.Add(i, "a", i, ids, trained);
        }
        Assert.InRange(store.MemoryBytes, 1, 2 << 20);
        Assert.Equal([0, 250, 499], new[] { 0, 250, 499 }.Select(i => store.Read(i).Ids[0]));
        Assert.DoesNotContain(Directory.EnumerateFiles(Path.GetTempPath(), "purelora-*.*"), file => new FileInfo(file) is { Length: > 1 << 20 });
    }
}
