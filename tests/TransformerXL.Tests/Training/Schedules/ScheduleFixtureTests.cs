using System.Text.Json;
using TransformerXL.Training.Schedules;
using Xunit;

namespace TransformerXL.Tests.Training.Schedules;

public sealed class ScheduleFixtureTests
{
    // The last bit: the reference computes the same formulas in double precision.
    private const double Tolerance = 4e-16;

    public static TheoryData<string, string, int> Cases()
    {
        var data = new TheoryData<string, string, int>();
        foreach (string folder in FixtureFolders.OfCase("21_lr_schedules"))
        {
            string path = Path.Combine(folder, "schedules.json");
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            foreach ((int index, JsonElement schedule) in document.RootElement.EnumerateArray().Index())
            {
                data.Add(path, schedule.GetProperty("scheduler").GetString()!, index);
            }
        }

        return data;
    }

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void Rates_are_those_of_the_reference(string path, string kind, int index)
    {
        Skip.IfNot(kind is "cosine" or "constant", $"the schedule kind {kind} is not built yet");
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        JsonElement schedule = document.RootElement[index];
        var options = new ScheduleOptions
        {
            Kind = kind == "cosine" ? ScheduleKind.Cosine : ScheduleKind.Constant,
            LearningRate = schedule.GetProperty("lr").GetDouble(),
            WarmupSteps = schedule.GetProperty("warmup_step").GetInt64(),
            MaxSteps = schedule.TryGetProperty("max_step", out JsonElement most) ? most.GetInt64() : 0,
            MinimumRate = schedule.TryGetProperty("eta_min", out JsonElement minimum) ? minimum.GetDouble() : 0,
            ReferenceQuirks = true,
        };
        double[] expected = [.. schedule.GetProperty("lr_used_by_step").EnumerateArray().Select(rate => rate.GetDouble())];
        AssertRates(expected, options);
        if (options.WarmupSteps == 0)
        {
            // The quirks are all about the warm-up: without one both behaviours are the same.
            AssertRates(expected, options with { ReferenceQuirks = false });
        }
    }

    private static void AssertRates(double[] expected, ScheduleOptions options)
    {
        LearningRateSchedule schedule = LearningRateSchedule.Create(options);
        Assert.All(expected.Index(), rate => Assert.Equal(rate.Item, schedule.RateAt(rate.Index + 1), Tolerance * options.LearningRate));
    }
}
