using System.Globalization;
using CsCheck;

namespace PureLora.Tests;

public class ConfigFileTests
{
    static string Refusal(string yaml) => Assert.Throws<UsageException>(() => ConfigFile.Parse(yaml, "run.yaml")).Message;

    [Fact]
    public void File_settings_stand_over_the_defaults_and_leave_the_rest()
    {
        var config = ConfigFile.Parse("""
            # a comment
            model: ./base
            learning_rate: 2e-3   # another
            max_steps: 1_000
            r: 16
            use_rslora: true
            lr_scheduler_type: "cosine"
            init_lora_weights: gaussian
            target_modules: [q_proj, "v_proj"]
            prompt_template: "Q: {prompt}\nA:"
            """, "run.yaml");

        Assert.Equal(new TrainConfig
        {
            Model = "./base",
            LearningRate = 0.002,
            MaxSteps = 1000,
            R = 16,
            UseRslora = true,
            LrSchedulerType = "cosine",
            InitLoraWeights = "gaussian",
            TargetModules = TargetSpec.FromNames(["q_proj", "v_proj"])!,
            PromptTemplate = "Q: {prompt}\nA:",
        }, config);
    }

    [Theory]
    [InlineData("")]
    [InlineData("# nothing but a comment\n")]
    [InlineData("---\n")]
    [InlineData("{}")]
    public void Empty_file_is_the_defaults(string yaml) =>
        Assert.Equal(new TrainConfig(), ConfigFile.Parse(yaml, "run.yaml"));

    [Theory]
    [InlineData("[q_proj, lm_head]", "q_proj,lm_head")]
    [InlineData("q_proj,lm_head", "q_proj,lm_head")]
    [InlineData("[]", "")]
    [InlineData("null", "")]
    [InlineData("", "")]
    public void Modules_to_skip_are_a_list_a_text_or_nothing(string yaml, string names) =>
        Assert.Equal(names, ConfigFile.Parse($"llm_int8_skip_modules: {yaml}", "run.yaml").LlmInt8SkipModules);

    [Theory]
    [InlineData("2e-4", 2e-4)]
    [InlineData("5E-5", 5e-5)]
    [InlineData(".5", 0.5)]
    [InlineData("1", 1.0)]
    [InlineData("1.", 1.0)]
    [InlineData("+3.25", 3.25)]
    [InlineData("1_000.5", 1000.5)]
    public void Numbers_are_read_in_every_common_spelling_whatever_the_locale(string text, double value)
    {
        var culture = CultureInfo.CurrentCulture;
        try
        {
            // Made by hand: the build has no culture data, and a comma for the decimal point is what breaks readers.
            CultureInfo.CurrentCulture = new CultureInfo("") { NumberFormat = { NumberDecimalSeparator = ",", NumberGroupSeparator = "." } };
            Assert.Equal(value, ConfigFile.Parse($"learning_rate: {text}", "run.yaml").LearningRate);
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }
    }

    [Theory]
    [InlineData("r: 8\nlerning_rate: 1", "run.yaml, line 2: 'lerning_rate' is no key of the configuration. Write learning_rate if you meant that.")]
    [InlineData("epochs: 3", "run.yaml, line 1: 'epochs' is no key of the configuration. Write num_train_epochs if you meant that.")]
    [InlineData("\n\nlearning_rate: fast", "run.yaml, line 3: learning_rate is 'fast', but it needs a number above 0. Write it like 0.0002 or 2e-4.")]
    [InlineData("learning_rate: \"2e-4\"", "run.yaml, line 1: learning_rate is the text '2e-4', but it needs a number above 0. Remove the quotes.")]
    [InlineData("learning_rate: 2,5", "run.yaml, line 1: learning_rate is '2,5', but it needs a number above 0. Write it like 0.0002 or 2e-4.")]
    [InlineData("learning_rate: .nan", "run.yaml, line 1: learning_rate is '.nan', but it needs a number above 0. Write it like 0.0002 or 2e-4.")]
    [InlineData("learning_rate: 1e999", "run.yaml, line 1: learning_rate is Infinity, but it needs a number above 0. Change it, or leave it out for the default, 0.0002.")]
    [InlineData("r: 8.5", "run.yaml, line 1: r is '8.5', but it needs a whole number of at least 1. Write it in digits.")]
    [InlineData("r: 0", "run.yaml, line 1: r is 0, but it needs a whole number of at least 1. Change it, or leave it out for the default, 8.")]
    [InlineData("r: 3000000000", "run.yaml, line 1: r is '3000000000', but it needs a whole number of at least 1. Write a smaller one.")]
    [InlineData("max_steps: 0", "run.yaml, line 1: max_steps is 0, but it needs a whole number of at least 1, or -1. Change it, or leave it out for the default, -1.")]
    [InlineData("warmup_ratio: 2", "run.yaml, line 1: warmup_ratio is 2, but it needs a number of at least 0 and at most 1. Change it, or leave it out for the default, 0.")]
    [InlineData("lora_dropout: 1", "run.yaml, line 1: lora_dropout is 1, but it needs a number of at least 0 and below 1. Change it, or leave it out for the default, 0.")]
    [InlineData("use_rslora: yes", "run.yaml, line 1: use_rslora is 'yes', but it needs true or false. Write one of the two words.")]
    [InlineData("method: loro", "run.yaml, line 1: method is 'loro', but it needs lora or full. Write lora if you meant that.")]
    [InlineData("r: 8\nseed: 1\nr: 4", "run.yaml, line 3: r is given again (first in line 1), but a key needs one value. Remove one of the two.")]
    [InlineData("lora:\n  r: 8", "run.yaml, line 1: 'lora' is no key of the configuration. Write lora_alpha if you meant that.")]
    [InlineData("r:\n  value: 8", "run.yaml, line 2: r is a mapping, but it needs a whole number of at least 1. Write one `key: value` a line; keys are flat.")]
    [InlineData("prompt_template: {prompt}", "run.yaml, line 1: prompt_template is a mapping, but it needs text. Put it in quotes if it is a text that starts with a brace.")]
    [InlineData("r: [8]", "run.yaml, line 1: r is a list, but it needs a whole number of at least 1. Give it one value.")]
    [InlineData("r:", "run.yaml, line 1: r is empty, but it needs a whole number of at least 1. Give it a value or remove the line.")]
    [InlineData("prompt_template: ~", "run.yaml, line 1: prompt_template is empty, but it needs text. Give it a value or remove the line.")]
    [InlineData("llm_int8_skip_modules: [q_proj, '']", "run.yaml, line 1: llm_int8_skip_modules is a list with an empty entry in it, but it needs names. List names only.")]
    [InlineData("llm_int8_skip_modules: [[q_proj]]", "run.yaml, line 1: llm_int8_skip_modules is a list with a list in it, but it needs names. List names only.")]
    [InlineData("llm_int8_skip_modules: {a: b}", "run.yaml, line 1: llm_int8_skip_modules is a mapping, but it needs names. Put it in quotes if it is a text that starts with a brace.")]
    [InlineData("bnb_4bit_compute_dtype: bfloat16", "run.yaml, line 1: 'bnb_4bit_compute_dtype' is no key of the configuration. Computing is in F32 here, or as bf16 says, whatever the base is stored as. Leave it out.")]
    [InlineData("optim: adamw_torch", "run.yaml, line 1: optim is 'adamw_torch', but it needs adamw, adamw_8bit, lion, lion_8bit, sgd, paged_adamw, paged_adamw_8bit, paged_lion or paged_lion_8bit. Write adamw if you meant that.")]
    [InlineData("target_modules: []", "run.yaml, line 1: target_modules is a list without names, but it needs module names, a regular expression or all-linear. List at least one, none of them empty.")]
    [InlineData("target_modules: [q_proj, [v_proj]]", "run.yaml, line 1: target_modules is a list with a list in it, but it needs module names, a regular expression or all-linear. List names only.")]
    [InlineData("r: &a 8\nlora_alpha: *a", "run.yaml, line 1: r has an anchor, an alias or a tag, but it needs a whole number of at least 1. Write the value itself.")]
    [InlineData("r: !!int 8", "run.yaml, line 1: r has an anchor, an alias or a tag, but it needs a whole number of at least 1. Write the value itself.")]
    [InlineData("- r", "run.yaml, line 1: the text is a list, but a configuration needs lines of `key: value`. Write one, such as `r: 8`.")]
    [InlineData("r 8", "run.yaml, line 1: the text is 'r 8', but a configuration needs lines of `key: value`. Write one, such as `r: 8`.")]
    [InlineData("[r]: 8", "run.yaml, line 1: a key is a list, but it needs to be a word. Write `key: value`.")]
    [InlineData("r: 8\n---\nr: 9", "run.yaml, line 2: a second document starts, but a configuration needs one. Remove it and the `---` before it.")]
    public void Wrong_lines_are_named_with_what_they_need(string yaml, string message) => Assert.Equal(message, Refusal(yaml));

    [Theory]
    [InlineData("r: 8\nmodel: \"open", 2)]
    [InlineData("r: 8\n\tseed: 1", 2)]
    [InlineData("r: 8\ntarget_modules: [q_proj", 2)]
    [InlineData("r: 8\nseed: @1", 2)]
    [InlineData("r: 8\nmodel: !![", 2)]
    public void Text_that_is_not_yaml_is_refused_with_its_line(string yaml, int line)
    {
        var message = Refusal(yaml);
        Assert.StartsWith("run.yaml, line ", message);
        Assert.InRange(int.Parse(message["run.yaml, line ".Length..message.IndexOf(':')]), line, line + 1);
        Assert.Contains("the text is not YAML (", message);
        Assert.EndsWith("Check indentation, quotes and brackets there.", message);
    }

    [Fact]
    public void Written_settings_read_back_as_themselves()
    {
        var words = Gen.Char["aZ09 .,:;#-_*&!|>'\"\\{}[]%@`~/\n\t\r\u0000\u007f\u0085\u00e9\u2028\ufeff\u4e16"].Array[1, 12].Select(c => new string(c));
        var any = Gen.OneOf(words, Gen.Const("true"), Gen.Const("~"), Gen.Const("😀 x"), Gen.Const(" 8"), Gen.Const(new string('a', 300) + " b"));
        var targets = Gen.OneOf(any.Array[1, 4].Select(TargetSpec.FromNames), any.Select(TargetSpec.Parse));
        var number = Gen.Double[1e-12, 0.99];
        Gen.Select(Gen.Select(any, any, any), Gen.Select(number, number, number), Gen.Bool, Gen.Int[1, int.MaxValue], Gen.Long[0, long.MaxValue], targets)
            .Sample((texts, numbers, flag, i, l, target) =>
            {
                var config = new TrainConfig
                {
                    Model = texts.Item1,
                    EvalFile = texts.Item2,
                    PromptTemplate = texts.Item3,
                    LearningRate = numbers.Item1,
                    AdamBeta1 = numbers.Item2,
                    LoraAlpha = numbers.Item3 * 1e20,
                    UseRslora = flag,
                    MaxSteps = i,
                    Seed = l,
                    TargetModules = target ?? TargetSpec.Parse(@".*\.q_proj")!,
                };
                Assert.Equal(config, ConfigFile.Parse(config.ToYaml(), "run.yaml"));
            });
    }

    [Fact]
    public void Written_file_is_the_same_text_everywhere()
    {
        var yaml = new TrainConfig { Model = "./base", TargetModules = TargetSpec.Parse("q_proj,v_proj")! }.ToYaml();
        Assert.StartsWith("model: \"./base\"\nvalidation_split: 0\ntrain_eos: true\nmethod: \"lora\"\nrandom_init: false\n", yaml);
        Assert.Contains("\nlearning_rate: 0.0002\n", yaml);
        Assert.Contains("\nadam_epsilon: 1.0e-8\n", yaml);
        Assert.Contains("\ntarget_modules: [\"q_proj\", \"v_proj\"]\n", yaml);
        Assert.DoesNotContain("\r", yaml);
        Assert.DoesNotContain("eval_file", yaml);
    }

    [Fact]
    public void Hostile_text_gets_one_line_of_refusal_or_is_read()
    {
        string[] pieces = ["r", ": ", "8", "\n", "  ", "- ", "[", "]", "{", "}", "\"", "'", "&a ", "*a", "!!int ", "!", "|", ">", "#", "---", "...",
            "%YAML 9.9", "%TAG ! x", "? ", "\t", "\0", "\ufeff", "\\x", "model", "target_modules", ", ", "\ud800", "<<", "\r", "@", "`", "\u2028"];
        Gen.Int[0, pieces.Length - 1].Array[0, 24].Select(picks => string.Concat(picks.Select(i => pieces[i]))).Sample(yaml =>
        {
            try
            {
                ConfigFile.Parse(yaml, "run.yaml");
            }
            catch (UsageException e)
            {
                Assert.DoesNotContain('\n', e.Message);
                Assert.StartsWith("run.yaml, line ", e.Message);
            }
        }, iter: 20_000);
    }

    [Theory]
    [InlineData("[")]
    [InlineData("{r: ")]
    [InlineData("- ")]
    [InlineData("? ")]
    public void Deep_nesting_is_refused_and_overflows_nothing(string opening) =>
        Assert.StartsWith("run.yaml, line ", Refusal("target_modules: " + string.Concat(Enumerable.Repeat(opening, 100_000))));

    [Fact]
    public void Files_that_cannot_be_read_are_named()
    {
        var folder = Directory.CreateTempSubdirectory("purelora-");
        try
        {
            string File(string name, byte[] bytes)
            {
                var path = Path.Combine(folder.FullName, name);
                System.IO.File.WriteAllBytes(path, bytes);
                return path;
            }
            void Refused(string path, string message) =>
                Assert.Equal($"{path}: {message}", Assert.Throws<PureLoraException>(() => ConfigFile.Read(path)).Message);

            Refused(Path.Combine(folder.FullName, "none.yaml"),
                "the configuration file is missing, but --config needs it. Check the path; it is relative to the current directory.");
            Refused(File("binary.yaml", [0x72, 0x3a, 0x20, 0xff, 0xfe]),
                "the file is not UTF-8 text, but a configuration needs that. Save it as UTF-8.");
            Refused(File("large.yaml", new byte[(1 << 20) + 1]),
                "the file is larger than 1048576 bytes, but a configuration needs less than a page. Check that --config names the YAML file.");
            Assert.StartsWith($"{folder.FullName}: the configuration file cannot be read",
                Assert.Throws<PureLoraException>(() => ConfigFile.Read(folder.FullName)).Message);
            Assert.Equal(4, ConfigFile.Read(File("good.yaml", [0xef, 0xbb, 0xbf, .. "r: 4\r\n"u8])).R);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
