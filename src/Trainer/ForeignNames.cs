namespace PureLora;

/// <summary>What other programs call our settings, where no spelling leads from one to the other.</summary>
static class ForeignNames
{
    static readonly Dictionary<string, string[]> meant = new()
    {
        ["lr"] = ["learning_rate"],
        ["lora_r"] = ["r"],
        ["rank"] = ["r"],
        ["lora_rank"] = ["r"],
        ["network_dim"] = ["r"],
        ["alpha"] = ["lora_alpha"],
        ["network_alpha"] = ["lora_alpha"],
        ["dropout"] = ["lora_dropout"],
        ["lora_target_modules"] = ["target_modules"],
        ["lora_target"] = ["target_modules"],
        ["batch_size"] = ["per_device_train_batch_size"],
        ["micro_batch_size"] = ["per_device_train_batch_size"],
        ["train_batch_size"] = ["per_device_train_batch_size"],
        ["eval_batch_size"] = ["per_device_eval_batch_size"],
        ["accumulation_steps"] = ["gradient_accumulation_steps"],
        ["grad_accum"] = ["gradient_accumulation_steps"],
        ["epochs"] = ["num_train_epochs"],
        ["num_epochs"] = ["num_train_epochs"],
        ["steps"] = ["max_steps"],
        ["iters"] = ["max_steps"],
        ["iterations"] = ["max_steps"],
        ["optimizer"] = ["optim"],
        ["optimizer_type"] = ["optim"],
        ["scheduler"] = ["lr_scheduler_type"],
        ["lr_scheduler"] = ["lr_scheduler_type"],
        ["warmup"] = ["warmup_steps"],
        ["max_length"] = ["max_seq_length", "max_new_tokens"],
        ["max_tokens"] = ["max_new_tokens"],
        ["num_predict"] = ["max_new_tokens"],
        ["cutoff_len"] = ["max_seq_length"],
        ["sequence_len"] = ["max_seq_length"],
        ["context_length"] = ["max_seq_length"],
        ["block_size"] = ["max_seq_length"],
        ["grad_clip"] = ["max_grad_norm"],
        ["gpu"] = ["device"],
        ["cuda"] = ["device"],
        ["accelerator"] = ["device"],
        ["num_threads"] = ["threads"],
        ["n_threads"] = ["threads"],
        ["dataset"] = ["train_file"],
        ["data"] = ["train_file"],
        ["data_path"] = ["train_file"],
        ["train"] = ["train_file"],
        ["train_data"] = ["train_file"],
        ["valid"] = ["eval_file"],
        ["validation_file"] = ["eval_file"],
        ["test_file"] = ["eval_file"],
        ["val_set_size"] = ["validation_split"],
        ["val_size"] = ["validation_split"],
        ["test_size"] = ["validation_split"],
        ["interleave_probs"] = ["train_weights"],
        ["dataset_format"] = ["data_form"],
        ["sample_packing"] = ["packing"],
        ["neat_packing"] = ["packing"],
        ["mask_prompt"] = ["train_on"],
        ["train_on_inputs"] = ["train_on"],
        ["train_on_prompt"] = ["train_on"],
        ["completion_only_loss"] = ["train_on"],
        ["assistant_only_loss"] = ["train_on"],
        ["roles_to_train"] = ["train_on"],
        ["train_on_eos"] = ["train_eos"],
        ["output"] = ["output_dir", "out"],
        ["output_path"] = ["output_dir", "out"],
        ["out_dir"] = ["output_dir", "out"],
        ["save_dir"] = ["output_dir", "out"],
        ["base_model"] = ["model"],
        ["model_name_or_path"] = ["model"],
        ["model_name"] = ["model"],
        ["model_id"] = ["model"],
        ["model_path"] = ["model"],
        ["lora"] = ["adapter"],
        ["lora_path"] = ["adapter"],
        ["adapter_path"] = ["adapter"],
        ["peft"] = ["adapter"],
        ["template"] = ["prompt_template"],
        ["temp"] = ["temperature"],
        ["random_seed"] = ["seed"],
        ["precision"] = ["dtype", "bf16"],
        ["mixed_precision"] = ["bf16"],
        ["use_bf16"] = ["bf16"],
        ["adamw_torch"] = ["adamw"],
        ["adamw_torch_fused"] = ["adamw"],
        ["adamw_hf"] = ["adamw"],
        ["adamw_bnb_8bit"] = ["adamw_8bit"],
        ["paged_adamw_32bit"] = ["paged_adamw"],
        ["lion_32bit"] = ["lion"],
        ["paged_lion_32bit"] = ["paged_lion"],
    };

    static readonly Dictionary<string, string> needless = new()
    {
        ["bnb_4bit_compute_dtype"] = "Computing is in F32 here, or as bf16 says, whatever the base is stored as. Leave it out.",
        ["bnb_4bit_quant_storage"] = "Codes are stored as bytes. Leave it out.",
        ["llm_int8_threshold"] = "Activations are not quantized here, so there are no outliers to keep. Leave it out.",
    };

    /// <summary>Why a setting of other programs is none here; null for any other word.</summary>
    public static string? Needless(string word) => needless.GetValueOrDefault(Key(word));

    /// <summary>The known word that <paramref name="word"/> is in another writing, or another name for; null if there is none.</summary>
    public static string? Meant(string word, IReadOnlyCollection<string> known)
    {
        var bare = Key(word);
        return new[] { bare }.Concat(meant.GetValueOrDefault(bare, [])).Select(key => known.FirstOrDefault(k => Key(k) == key)).FirstOrDefault(k => k is not null);
    }

    static string Key(string word) => word.TrimStart('-').Replace('-', '_').ToLowerInvariant();
}
