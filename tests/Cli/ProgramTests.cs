namespace PureLora.Tests;

public class ProgramTests
{
    internal static (int Code, string Output, string Error) Run(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int code = Program.Run(args, output, error);
        return (code, output.ToString(), error.ToString());
    }

    [Theory]
    [InlineData("trian", "'trian' is no command, but purelora needs quickstart, train, data, plan, bench, generate, chat, merge, quantize, info, tokenize, template, devices or forward. Write train if you meant that.")]
    [InlineData("train --lerning-rate 2e-4", "'--lerning-rate' is no flag of purelora train. Write --learning-rate if you meant that; see 'purelora train --help'.")]
    [InlineData("train --learning_rate=1", "'--learning_rate' is no flag of purelora train. Write --learning-rate if you meant that; see 'purelora train --help'.")]
    [InlineData("generate --modle m --prompt p", "'--modle' is no flag of purelora generate. Write --model if you meant that; see 'purelora generate --help'.")]
    [InlineData("merge --model --adaptr a", "'--adaptr' is no flag of purelora merge. Write --adapter if you meant that; see 'purelora merge --help'.")]
    [InlineData("info --target-module q", "'--target-module' is no flag of purelora info. Write --target-modules if you meant that; see 'purelora info --help'.")]
    [InlineData("info --jsn", "'--jsn' is no flag of purelora info. Write --json if you meant that; see 'purelora info --help'.")]
    [InlineData("train --lr 1", "'--lr' is no flag of purelora train. Write --learning-rate if you meant that; see 'purelora train --help'.")]
    [InlineData("train --wandb-project x", "'--wandb-project' is no flag of purelora train. See 'purelora train --help'.")]
    [InlineData("merge --output o", "'--output' is no flag of purelora merge. Write --out if you meant that; see 'purelora merge --help'.")]
    [InlineData("talk", "'talk' is no command, but purelora needs quickstart, train, data, plan, bench, generate, chat, merge, quantize, info, tokenize, template, devices or forward. See 'purelora --help'.")]
    [InlineData("train run.yaml", "'run.yaml' is one word too many for train. Put quotes around a value with spaces in it; see 'purelora train --help'.")]
    [InlineData("train --r", "Required argument missing for option: '--r'. See 'purelora train --help'.")]
    [InlineData("train --r 8 --r 9", "Option '--r' expects a single argument but 2 were provided. See 'purelora train --help'.")]
    [InlineData("info", "the path is missing, but info needs it. Give it after the command: purelora info DIR.")]
    [InlineData("generate --model m", "--prompt and --messages are both missing, but generate needs one of them. Give --prompt <text> or --messages <file>.")]
    [InlineData("generate --model m --prompt p --top-p 0", "--top-p is 0, but it needs a number above 0 and at most 1. Change it, or leave it out for the default, that of generation_config.json if it says do_sample, else greedy.")]
    [InlineData("merge --model m --adapter a --out o --dtype f8", "--dtype is 'f8', but it needs auto, float32, bfloat16 or float16. Change it, or leave it out for the default, auto.")]
    [InlineData("train --max-steps ten", "--max-steps is 'ten', but it needs a whole number of at least 1, or -1. Write it in digits.")]
    [InlineData("train --use-rslora maybe", "--use-rslora is 'maybe', but it needs true or false. Write one of the two words.")]
    public void Bad_usage_is_one_line_and_exit_code_2(string line, string message)
    {
        var (code, output, error) = Run(line.Split(' '));
        Assert.Equal(2, code);
        Assert.Equal("", output);
        Assert.Equal($"error: command line: {message}{Environment.NewLine}", error);
    }

    [Fact]
    public void Missing_file_is_one_line_and_exit_code_1()
    {
        var (code, output, error) = Run("train", "--config", "no-such-file.yaml");
        Assert.Equal(1, code);
        Assert.Equal("", output);
        Assert.Equal("error: no-such-file.yaml: the configuration file is missing, but --config needs it. Check the path; "
            + $"it is relative to the current directory.{Environment.NewLine}", error);
    }

    [Fact]
    public void Cancelled_run_ends_with_130()
    {
        using var error = new StringWriter();
        Assert.Equal(130, Program.Run(["devices"], TextWriter.Null, error, new CancellationToken(canceled: true)));
        Assert.Equal($"stopped{Environment.NewLine}", error.ToString());
    }

    [Fact]
    public void Hidden_command_writes_the_configuration_page() =>
        Assert.Equal((0, ConfigurationPage.Markdown(), ""), Run("configuration"));
}
