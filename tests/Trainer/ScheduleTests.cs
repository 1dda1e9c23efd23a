using System.Text.Json;
using CsCheck;

namespace PureLora.Tests;

public sealed class ScheduleTests
{
    [Fact]
    public void Rates_are_those_of_Transformers_at_every_step()
    {
        using var golden = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", "schedules", "schedules.json")));
        int cases = 0;
        foreach (var one in golden.RootElement.GetProperty("cases").EnumerateArray())
        {
            string kind = one.GetProperty("name").GetString()!;
            if (!Schedule.Kinds.Contains(kind) || one.GetProperty("kwargs").EnumerateObject().Any())
                continue;
            cases++;
            double[] expected = [.. one.GetProperty("lr").EnumerateArray().Select(rate => rate.GetDouble())];
            var schedule = new Schedule(kind, one.GetProperty("base_lr").GetDouble(), one.GetProperty("warmup").GetInt32(), one.GetProperty("total").GetInt32());
            Assert.Equal(schedule.TotalSteps + 1, expected.Length);
            // The peer computes in double too; 1e-12 of a rate of 1e-3 leaves room for another order of operations only.
            for (int step = 0; step < expected.Length; step++)
                Assert.True(Math.Abs(schedule.Rate(step) - expected[step]) <= 1e-12, $"{kind}, step {step}: {schedule.Rate(step)}, not {expected[step]}");
        }
        Assert.Equal(2 * Schedule.Kinds.Count, cases);
    }

    [Fact]
    public void A_rate_rises_through_warm_up_then_falls_without_jumps() =>
        Gen.Select(Gen.Int[0, 60], Gen.Int[1, 200], Gen.Double[1e-6, 1], Gen.Int[0, Schedule.Kinds.Count - 1]).Sample((warmup, falling, peak, kind) =>
        {
            int total = warmup + falling;
            var schedule = new Schedule(Schedule.Kinds[kind], peak, warmup, total);
            double[] rates = [.. Enumerable.Range(0, total + 1).Select(schedule.Rate)];
            Assert.Equal(peak, rates[warmup]);
            Assert.All(rates, rate => Assert.InRange(rate, 0, peak));
            // No step is steeper than the warm-up's or, going down, than the cosine's steepest, pi / 2 of the linear one.
            for (int step = 1; step <= total; step++)
                Assert.InRange(rates[step] - rates[step - 1], step <= warmup ? 0 : -peak * (Math.PI / 2) / falling - 1e-15, step <= warmup ? peak / warmup + 1e-15 : 0);
        });

    [Fact]
    public void The_rate_stays_at_its_last_value_after_the_run()
    {
        foreach (string kind in Schedule.Kinds)
        {
            var schedule = new Schedule(kind, 0.5, 3, 10);
            Assert.Equal(schedule.Rate(10), schedule.Rate(25));
        }
    }

    [Theory]
    [InlineData(7, 0.5, 100, 7)]
    [InlineData(0, 0.1, 100, 10)]
    [InlineData(0, 0.03, 101, 4)]
    [InlineData(0, 0.0, 100, 0)]
    [InlineData(0, 1.0, 100, 100)]
    public void Warm_up_is_its_steps_or_its_share_rounded_up(int steps, double ratio, int total, int warmup) =>
        Assert.Equal(warmup, Schedule.Warmup(steps, ratio, total));

    [Fact]
    public void Values_that_cannot_work_are_bad_usage()
    {
        Assert.Equal("lr_scheduler_type: the value is \"cosin\", but a schedule needs one of linear, cosine, constant, constant_with_warmup. Choose one of these.",
            Assert.Throws<UsageException>(() => new Schedule("cosin", 1, 0, 1)).Message);
        Assert.Equal("learning_rate: the value is -0.1, but a step needs a finite number, 0 or more. Correct it.", Assert.Throws<UsageException>(() => new Schedule("linear", -0.1, 0, 1)).Message);
        Assert.StartsWith("learning_rate: the value is NaN", Assert.Throws<UsageException>(() => new Schedule("linear", double.NaN, 0, 1)).Message);
        Assert.StartsWith("learning_rate: the value is Infinity", Assert.Throws<UsageException>(() => new Schedule("linear", double.PositiveInfinity, 0, 1)).Message);
        Assert.Equal("warmup_steps: the value is -3, but a schedule needs 0 or more. Correct it.", Assert.Throws<UsageException>(() => new Schedule("linear", 1, Schedule.Warmup(-3, 0, 9), 9)).Message);
        Assert.Equal("warmup_ratio: the value is 1.5, but a share of the steps needs 0 to 1. Correct it, or set warmup_steps.", Assert.Throws<UsageException>(() => Schedule.Warmup(0, 1.5, 9)).Message);
    }
}
