namespace PureLora.Tests;

/// <summary>Files that other programs wrote: huggingface/safetensors (most) and a NumPy program (lora-stories260K).</summary>
public class SafetensorsGoldenTests
{
    public static TheoryData<string, int, string, string> Files => new()
    {
        { "gemma/case.safetensors", 132, "hidden.0", "F32 [2, 24, 64]" },
        { "gemma/model.safetensors", 20, "model.norm.weight", "F32 [64]" },
        { "gpt2/case.safetensors", 87, "loss", "F32 []" },
        { "gpt2/model.safetensors", 28, "transformer.h.0.attn.c_attn.weight", "F32 [64, 192]" },
        { "phi3/case.safetensors", 84, "logits", "F32 [2, 24, 256]" },
        { "phi3/model.safetensors", 15, "model.layers.0.self_attn.qkv_proj.weight", "F32 [128, 64]" },
        { "qwen2/case.safetensors", 134, "greedy/output_ids", "I64 [1, 24]" },
        { "qwen2/model.safetensors", 26, "model.layers.1.self_attn.k_proj.bias", "F32 [32]" },
        { "qwen3/case.safetensors", 133, "all/train/losses", "F64 [5]" },
        { "qwen3/model.safetensors", 24, "model.layers.0.self_attn.q_norm.weight", "F32 [32]" },
        { "peft/gpt2-c_attn/adapter_model.safetensors", 4, "base_model.model.transformer.h.1.attn.c_attn.lora_B.weight", "F32 [192, 4]" },
        { "peft/gpt2-c_attn/expect.safetensors", 6, "merged/weight/transformer.h.1.attn.c_attn.weight", "F32 [64, 192]" },
        { "layer/layer.safetensors", 51, "W", "F32 [48, 64]" },
        { "llama/model.safetensors", 21, "model.layers.1.mlp.down_proj.weight", "F32 [64, 128]" },
        { "llama/case.safetensors", 133, "greedy/output_ids", "I64 [1, 24]" },
        { "smollm/model.safetensors", 20, "model.embed_tokens.weight", "F32 [256, 72]" },
        { "smollm/case.safetensors", 131, "all/train/losses", "F64 [5]" },
        { "llama-rslora/case.safetensors", 120, "all/train/loss_after", "F64 []" },
        { "llama-padded-packed/case.safetensors", 18, "left/attention_mask", "I64 [2, 24]" },
        { "llama-f16/model.safetensors", 21, "lm_head.weight", "F16 [256, 64]" },
        { "llama-f16/case.safetensors", 4, "logits", "F32 [2, 24, 256]" },
        { "llama-bf16-sharded/case.safetensors", 4, "loss", "F32 []" },
        { "llama-bf16-sharded/model-00001-of-00003.safetensors", 7, "model.embed_tokens.weight", "BF16 [256, 64]" },
        { "llama-bf16-sharded/model-00002-of-00003.safetensors", 13, "model.layers.0.mlp.down_proj.weight", "BF16 [64, 128]" },
        { "llama-bf16-sharded/model-00003-of-00003.safetensors", 1, "lm_head.weight", "BF16 [256, 64]" },
        { "rope/rope.safetensors", 18, "apply/q_rot", "F32 [1, 4, 24, 16]" },
        { "peft/llama-all/adapter_model.safetensors", 28, "base_model.model.model.layers.0.mlp.down_proj.lora_A.weight", "F32 [4, 128]" },
        { "peft/llama-all/expect.safetensors", 18, "merged/weight/model.layers.0.mlp.down_proj.weight", "F32 [64, 128]" },
        { "qlora-llama/case.safetensors", 122, "all/loss", "F32 []" },
        { "qlora-llama/dequant.safetensors", 14, "model.layers.0.mlp.down_proj.weight", "F32 [64, 128]" },
        { "qlora-llama/model.safetensors", 91, "model.layers.0.mlp.down_proj.weight", "U8 [4096, 1]" },
        { "quant/int8_vectorwise.safetensors", 3, "q", "I8 [64, 128]" },
        { "quant/linear4bit_fp4.expect.safetensors", 5, "w_before", "F32 [64, 128]" },
        { "quant/linear4bit_fp4.safetensors", 5, "q_proj.weight.absmax", "F32 [128]" },
        { "quant/linear4bit_fp4_dq.expect.safetensors", 5, "w_before", "F32 [64, 128]" },
        { "quant/linear4bit_fp4_dq.safetensors", 7, "q_proj.weight.absmax", "U8 [128]" },
        { "quant/linear4bit_nf4.expect.safetensors", 5, "w_before", "F32 [64, 128]" },
        { "quant/linear4bit_nf4.safetensors", 5, "q_proj.weight.absmax", "F32 [128]" },
        { "quant/linear4bit_nf4_dq.expect.safetensors", 5, "w_before", "F32 [64, 128]" },
        { "quant/linear4bit_nf4_dq.safetensors", 7, "q_proj.weight.absmax", "U8 [128]" },
        { "quant/linear8bit.safetensors", 3, "q_proj.weight", "I8 [64, 128]" },
        { "quant/optim.safetensors", 44, "grad.0", "F32 [32, 128]" },
        { "quant/quant.safetensors", 187, "gauss/w", "F32 [64, 128]" },
        { "lora-stories260K/adapter_model.safetensors", 70, "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight", "F32 [4, 64]" },
        { "lora-stories260K/adapter_after_20_adamw_steps.safetensors", 70, "base_model.model.model.layers.4.mlp.down_proj.lora_A.weight", "F32 [4, 172]" },
        { "lora-stories260K/gradients.safetensors", 70, "base_model.model.model.layers.4.mlp.down_proj.lora_A.weight", "F32 [4, 172]" },
    };

    [Theory]
    [MemberData(nameof(Files))]
    public void A_golden_file_has_its_known_tensors(string file, int count, string name, string shape)
    {
        using var opened = SafetensorsFile.Open(Golden.Folder(Path.GetDirectoryName(file)!) + "/" + Path.GetFileName(file));
        Assert.Equal(count, opened.Tensors.Count);
        Assert.Equal(shape, opened.Info(name).ToString());
        Assert.Equal(file.Contains("8") && file.StartsWith("quant/") ? [] : ["pt"], opened.Metadata.Values);
        Assert.Equal(opened.Tensors.Keys.Order(StringComparer.Ordinal), opened.Tensors.Keys);
    }

    [Fact]
    public void No_golden_file_is_forgotten()
    {
        string root = Path.GetDirectoryName(Golden.Folder("llama"))!;
        var found = Directory.EnumerateFiles(root, "*.safetensors", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(root, f).Replace('\\', '/'));
        Assert.Equal(Files.Select(row => (string)row[0]).Order(), found.Order());
    }

    /// <summary>The writer's order of tensors, spelling and padding are the Rust library's.</summary>
    [Theory]
    [MemberData(nameof(Files))]
    public void Writing_a_golden_file_again_gives_its_bytes(string file, int count, string name, string shape)
    {
        _ = (count, name, shape);
        string path = Golden.Folder(Path.GetDirectoryName(file)!) + "/" + Path.GetFileName(file);
        using var scratch = new ScratchFolder();
        using var opened = SafetensorsFile.Open(path);
        string copy = scratch.File("copy.safetensors");
        SafetensorsWriter.Write(copy, opened.Tensors.Keys.Reverse().Select(n => TensorSource.FromFile(opened, n)));
        if (!file.StartsWith("lora-stories260K") && opened.Metadata.Count > 0)
            Assert.Equal(File.ReadAllBytes(path), File.ReadAllBytes(copy));
        using var again = SafetensorsFile.Open(copy);
        foreach (string n in opened.Tensors.Keys)
            Assert.True(opened.Bytes(n).SequenceEqual(again.Bytes(n)), n);
    }

    [Fact]
    public void Known_numbers_are_read()
    {
        using var opened = SafetensorsFile.Open(Path.Combine(Golden.Folder("llama"), "case.safetensors"));
        Assert.Equal(48, opened.ReadInts("input_ids").Length);
        Assert.All(opened.ReadInts("input_ids"), id => Assert.InRange(id, 3, 255));
        double[] losses = opened.ReadDoubles("all/train/losses");
        Assert.InRange(losses[0] - opened.ReadFloats("loss")[0], -1e-6, 1e-6);
        Assert.True(losses[4] < losses[0]);
    }

    /// <summary>The F16 and BF16 checkpoints are the llama weights, rounded once by PyTorch.</summary>
    [Fact]
    public void PyTorch_rounds_to_halves_as_we_do()
    {
        using var full = Checkpoint.Open(Golden.Folder("llama"));
        using var f16 = Checkpoint.Open(Golden.Folder("llama-f16"));
        using var bf16 = Checkpoint.Open(Golden.Folder("llama-bf16-sharded"));
        foreach (var tensor in full.Tensors)
        {
            float[] values = full.FileOf(tensor.Name).ReadFloats(tensor.Name);
            Assert.Equal(values.Select(x => HalfFloats.FromF16(HalfFloats.ToF16(x))), f16.FileOf(tensor.Name).ReadFloats(tensor.Name));
            Assert.Equal(values.Select(x => HalfFloats.FromBF16(HalfFloats.ToBF16(x))), bf16.FileOf(tensor.Name).ReadFloats(tensor.Name));
        }
    }
}
