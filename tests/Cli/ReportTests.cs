using System.Text.Json;
using System.Text.Json.Nodes;

namespace PureLora.Tests;

public class ReportTests
{
    static (string Output, string Error) Told(bool json, bool terminal, Action<Report> tell)
    {
        var (output, error) = (new StringWriter { NewLine = "\n" }, new StringWriter { NewLine = "\n" });
        tell(new Report(output, error, json, terminal));
        return (output.ToString(), error.ToString());
    }

    static void TellAll(Report report)
    {
        report.Line("begin");
        report.Progress("training", 10, step =>
        {
            step(5, "loss 1.5");
            report.Line("step 5 loss 1.5");
        });
        report.Piece("a");
        report.Piece("b");
        report.Line();
        report.Result(("steps", 10), ("loss", 1.5), ("hash", "é\"<"), ("nothing", null), ("nan", double.NaN), ("inf", float.PositiveInfinity),
            ("done", true), ("bytes", 1L << 40), ("list", new JsonArray(1, 2)));
    }

    [Fact]
    public void Plain_report_is_lines_on_standard_output() =>
        Assert.Equal(("begin\nstep 5 loss 1.5\nab\n", ""), Told(json: false, terminal: false, TellAll));

    [Fact]
    public void Json_report_is_one_object_on_standard_output_and_the_lines_on_standard_error()
    {
        var (output, error) = Told(json: true, terminal: true, TellAll);
        Assert.Equal("begin\nstep 5 loss 1.5\n\n", error);
        Assert.Equal("{\"steps\":10,\"loss\":1.5,\"hash\":\"é\\\"<\",\"nothing\":null,\"nan\":null,\"inf\":null,\"done\":true,"
            + "\"bytes\":1099511627776,\"list\":[1,2]}\n", output);
        using var _ = JsonDocument.Parse(output);
    }

    [Fact]
    public void Terminal_report_keeps_every_line_beside_the_bar()
    {
        var (output, error) = Told(json: false, terminal: true, TellAll);
        Assert.Equal("", error);
        Assert.Contains("begin\n", output);
        Assert.Contains("step 5 loss 1.5", output);
        Assert.EndsWith("ab\n", output);
    }

    [Fact]
    public void Failure_inside_progress_comes_out_as_itself()
    {
        var report = new Report(new StringWriter(), new StringWriter(), json: false, terminal: true);
        Assert.Throws<PureLoraException>(() => report.Progress("training", 10, _ => throw new PureLoraException("broken [file]")));
        // A title or a status with brackets is text, not Spectre's markup.
        report.Progress("[red", 0, step => step(3, "[/]"));
    }
}
