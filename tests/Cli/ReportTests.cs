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
    public void Terminal_report_blanks_the_bar_before_each_line()
    {
        var (output, error) = Told(json: false, terminal: true, TellAll);
        Assert.Equal("", error);
        Assert.Contains("training loss 1.5 [############------------]  50 %", output);
        var screen = Screen(output);
        Assert.Equal(["begin", "step 5 loss 1.5", "ab", ""], screen);
    }

    [Fact]
    public void A_bar_stays_short_of_the_last_column()
    {
        var output = new StringWriter { NewLine = "\n" };
        new Report(output, TextWriter.Null, json: false, terminal: true, width: 50).Progress("training", 10, step =>
        {
            step(10, new string('x', 100));
            step(10, "");
        });
        Assert.All(output.ToString().Split('\r'), line => Assert.True(line.Length <= 49, line));
        Assert.Equal([""], Screen(output.ToString()));
    }

    /// <summary>What a terminal shows in the end: a carriage return writes over what is there.</summary>
    static string[] Screen(string output) => [.. output.Split('\n').Select(line =>
    {
        var cells = new List<char>();
        foreach (var part in line.Split('\r'))
            for (var i = 0; i < part.Length; i++)
                if (i < cells.Count)
                    cells[i] = part[i];
                else
                    cells.Add(part[i]);
        return new string([.. cells]).TrimEnd();
    })];

    [Theory]
    [InlineData(1, 12.3456, 4.1434, 5e-3, "step     1/5000  epoch 0.40  loss 12.3456  lr 5.0e-3  norm 4.14  21234 tok/s")]
    [InlineData(4999, 0.0123, 0, 1.3e-12, "step  4999/5000  epoch 0.40  loss 0.0123  lr 1.3e-12  norm 0  21234 tok/s")]
    public void A_step_fits_a_terminal_of_80_columns(int step, double loss, double norm, double rate, string line)
    {
        var said = TrainingReport.Line(new StepReport(step, 0.4, loss, rate, norm, 21234.4, 1L << 30), 5000);
        Assert.Equal(line, said);
        Assert.InRange(said.Length, 1, 80);
    }

    [Fact]
    public void Failure_inside_progress_comes_out_as_itself()
    {
        var report = new Report(new StringWriter(), new StringWriter(), json: false, terminal: true);
        Assert.Throws<PureLoraException>(() => report.Progress("training", 10, _ => throw new PureLoraException("broken [file]")));
        report.Progress("nothing to do", 0, step => step(3, "done"));
    }
}
