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
        foreach (string folder in FixtureFolders.OfKind("lr_schedule"))
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

    [Theory]
    [MemberData(nameof(Cases))]
    public void Rates_are_those_of_the_reference(string path, string kind, int index)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        JsonElement schedule = document.RootElement[index];
        double Number(string name, double otherwise) => schedule.TryGetProperty(name, out JsonElement value) ? value.GetDouble() : otherwise;
        var options = new ScheduleOptions
        {
            Kind = ScheduleNames.Parse(kind),
            LearningRate = schedule.GetProperty("lr").GetDouble(),
            WarmupSteps = schedule.GetProperty("warmup_step").GetInt64(),
            MaxSteps = schedule.TryGetProperty("max_step", out JsonElement most) ? most.GetInt64() : 0,
            MinimumRate = Number("eta_min", Number("lr_min", 0)),
            PlateauFactor = Number("decay_rate", 0.5),
            PlateauPatience = (int)Number("patience", 0),
            ReferenceQuirks = true,
        };
        double[] expected = [.. schedule.GetProperty("lr_used_by_step").EnumerateArray().Select(rate => rate.GetDouble())];
        double[] losses = schedule.TryGetProperty("validation_losses", out JsonElement given) ? [.. given.EnumerateArray().Select(loss => loss.GetDouble())] : [];
        AssertRates(expected, options, losses, (int)Number("eval_interval", 0));
        if (options.WarmupSteps == 0 && options.Kind != ScheduleKind.InverseSquareRoot)
        {
            // The quirks are all about the warm-up, and about an inverse square root that is a step late: else both behaviours are the same.
            AssertRates(expected, options with { ReferenceQuirks = false }, losses, (int)Number("eval_interval", 0));
        }
    }

    private static void AssertRates(double[] expected, ScheduleOptions options, double[] losses, int interval)
    {
        LearningRateSchedule schedule = LearningRateSchedule.Create(options);
        for (int step = 1; step <= expected.Length; step++)
        {
            Assert.Equal(expected[step - 1], schedule.RateAt(step), Tolerance * options.LearningRate);
            if (interval > 0 && step % interval == 0)
            {
                schedule.Validated(step, losses[(step / interval) - 1]);

                // A resumed training knows no more than the state.
                RateState? state = schedule.State;
                schedule = LearningRateSchedule.Create(options);
                schedule.Restore(state);
            }
        }
    }
}
