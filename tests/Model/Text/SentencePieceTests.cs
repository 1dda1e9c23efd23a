using System.Text.Json;
using CsCheck;
using Google.Protobuf;

namespace PureLora.Tests;

/// <summary>A bare tokenizer.model.</summary>
public class SentencePieceTests
{
    static byte[] Message(Action<CodedOutputStream> write)
    {
        using var memory = new MemoryStream();
        using (var output = new CodedOutputStream(memory)) write(output);
        return memory.ToArray();
    }

    static void Part(CodedOutputStream output, int field, byte[] message)
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(ByteString.CopyFrom(message));
    }

    static void Number(CodedOutputStream output, int field, int value)
    {
        output.WriteTag(field, WireFormat.WireType.Varint);
        output.WriteInt32(value);
    }

    static byte[] Model(int type = 2, bool prefix = true, bool strips = false, byte[]? charMap = null, int copies = 1) => Message(output =>
    {
        (string Text, float Score, int Kind)[] pieces =
        [
            ("<unk>", 0, 2), ("<s>", 0, 3), ("</s>", 0, 3), .. Enumerable.Range(0, 256).Select(b => ($"<0x{b:X2}>", 0f, 6)), ("<user>", 0, 4),
            ("\u2581a", -2, 1), ("ab", -1, 1), ("bc", -1, 1), ("\u2581", -9, 1), ("a", -9, 1), ("b", -9, 1), ("c", -9, 1),
        ];
        for (int copy = 0; copy < copies; copy++)
        {
            foreach (var (text, score, kind) in pieces)
            {
                Part(output, 1, Message(piece =>
                {
                    piece.WriteTag(1, WireFormat.WireType.LengthDelimited);
                    piece.WriteString(text);
                    piece.WriteTag(2, WireFormat.WireType.Fixed32);
                    piece.WriteFloat(score);
                    Number(piece, 3, kind);
                }));
            }
        }
        Part(output, 2, Message(trainer =>
        {
            Number(trainer, 3, type);
            Number(trainer, 35, 1);
            Number(trainer, 99, 1); // a field that does not count
        }));
        Part(output, 3, Message(normalizer =>
        {
            Part(normalizer, 1, "named"u8.ToArray());
            if (charMap is not null) Part(normalizer, 2, charMap);
            Number(normalizer, 3, prefix ? 1 : 0);
            Number(normalizer, 4, strips ? 1 : 0);
        }));
    });

    static TokenizerFolder Folder(byte[] model, string? config = null)
    {
        var folder = new TokenizerFolder();
        File.WriteAllBytes(Path.Combine(folder.Folder, "tokenizer.model"), model);
        return config is null ? folder : folder.With("tokenizer_config.json", config);
    }

    static string Tokens(TextTokenizer tokenizer, string text, bool special = false) =>
        string.Join(' ', tokenizer.Encode(text, special).Select(tokenizer.TokenOf));

    [Fact]
    public void Pairs_merge_by_score_and_equal_scores_from_the_left()
    {
        using var folder = Folder(Model());
        var tokenizer = folder.Load();
        Assert.Equal("<s> \u2581 ab c", Tokens(tokenizer, "abc", special: true));
        Assert.Equal("\u2581 bc \u2581 ab", Tokens(tokenizer, "bc ab"));
        Assert.Equal("\u2581a a \u2581 <0xC3> <0xA9>", Tokens(tokenizer, "aa é"));
        Assert.Equal("\u2581a <user> \u2581 bc </s> \u2581a", Tokens(tokenizer, "a<user>bc</s>a"));
        Assert.Equal("abc é", tokenizer.Decode(tokenizer.Encode("abc é", true)));
        Assert.Equal((1, 2, true, false), (tokenizer.BosId, tokenizer.EosId, tokenizer.AddsBos, tokenizer.AddsEos));
        Assert.Equal("<s>", tokenizer.SpecialTokens["bos_token"]);
        Assert.Equal("a<user>", tokenizer.Decode(tokenizer.Encode("a<user></s>", true)));
    }

    [Fact]
    public void The_config_and_the_normalizer_have_their_say()
    {
        using var folder = Folder(Model(), """{"legacy": false, "add_bos_token": false, "add_eos_token": true}""");
        Assert.Equal("\u2581 ab <user> bc </s>", Tokens(folder.Load(), "ab<user>bc", special: true));
        using var bare = Folder(Model(prefix: false));
        Assert.Equal("ab \u2581 bc", Tokens(bare.Load(), "ab bc"));
        Assert.Equal(" ab", bare.Load().Decode(bare.Load().Encode(" ab", true)));
        using var strips = Folder(Model(strips: true));
        Assert.Equal("\u2581 \u2581 ab \u2581 \u2581 bc", Tokens(strips.Load(), " ab  bc"));
    }

    [SkippableFact]
    public void A_real_model_gives_the_ids_of_its_tokenizer_json()
    {
        string source = TokenizerFolder.Fixtures("models/stories260K");
        using var folder = Folder(File.ReadAllBytes(Path.Combine(source, "tokenizer.model")), File.ReadAllText(Path.Combine(source, "tokenizer_config.json")));
        TextTokenizer model = folder.Load(), json = TextTokenizer.Load(source);
        using var golden = JsonDocument.Parse(TokenizerFolder.Unzipped(Path.Combine(TokenizerFolder.Fixtures("golden/tokenizers"), "mistral_v0_1.golden.json.gz")));
        var texts = golden.RootElement.GetProperty("cases").EnumerateArray().Select(item => item.GetProperty("text").GetString()!).ToList();
        texts.AddRange(File.ReadLines(Path.Combine(TokenizerFolder.Fixtures("data/tinystories"), "valid.jsonl")).Take(40));
        Assert.True(texts.Count > 100);
        foreach (string text in texts)
        {
            int[] ids = json.Encode(text, true);
            Assert.Equal(ids, model.Encode(text, true));
            Assert.Equal(json.EncodeWithOffsets(text, false).Offsets, model.EncodeWithOffsets(text, false).Offsets);
            Assert.Equal(json.Decode(ids), model.Decode(ids));
        }
        Assert.Equal((json.BosId, json.EosId, json.VocabularySize), (model.BosId, model.EosId, model.VocabularySize));
    }

    static string Error(byte[] model)
    {
        using var folder = Folder(model);
        var error = Assert.Throws<PureLoraException>(folder.Load);
        Assert.StartsWith(folder.Folder, error.Message);
        return error.Message[(folder.Folder.Length + 1)..];
    }

    [Fact]
    public void Kinds_that_are_not_here_are_named()
    {
        Assert.Equal("tokenizer.model is a SentencePiece model of type Unigram, which is not supported; supported: BPE. Use a model with another tokenizer.", Error(Model(type: 1)));
        Assert.StartsWith("tokenizer.model is a SentencePiece model with the normalizer named, which", Error(Model(charMap: [1])));
        Assert.StartsWith("tokenizer.model is without pieces", Error([]));
        Assert.StartsWith("tokenizer.model is a list with \"<unk>\" twice", Error(Model(copies: 2)));
        Assert.StartsWith("tokenizer.model is no SentencePiece model (", Error("some text that is no model"u8.ToArray()));
    }

    [Fact]
    public void Any_damage_is_an_error_of_one_line_or_none()
    {
        byte[] whole = Model();
        using var folder = Folder(whole);
        string file = Path.Combine(folder.Folder, "tokenizer.model");
        int refused = 0;
        Gen.Int[0, whole.Length - 1].Select(Gen.Byte).Array[1, 3].Sample(changes =>
        {
            byte[] damaged = [.. whole];
            foreach (var (at, value) in changes) damaged[at] = value;
            File.WriteAllBytes(file, damaged);
            try
            {
                folder.Load().Encode("ab <s> é", true);
            }
            catch (PureLoraException e)
            {
                refused++;
                Assert.DoesNotContain('\n', e.Message);
            }
        }, iter: 1000, threads: 1);
        Assert.True(refused > 100, $"{refused}");
        for (int length = 1; length < whole.Length; length += 61)
        {
            File.WriteAllBytes(file, whole[..length]);
            try
            {
                folder.Load();
            }
            catch (PureLoraException)
            {
            }
        }
    }
}
