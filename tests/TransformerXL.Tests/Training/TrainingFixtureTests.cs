using System.Text.Json;
using TransformerXL.Files;
using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Optimizers;
using TransformerXL.Tests.Models;
using TransformerXL.Tests.Training.Schedules;
using TransformerXL.Training;
using TransformerXL.Training.Schedules;
using Xunit;

namespace TransformerXL.Tests.Training;

/// <summary>Training steps of the reference implementation: losses, gradient norms, learning rates, weights.</summary>
public sealed class TrainingFixtureTests
{
    public static TheoryData<string> Cases() => [.. FixtureFolders.OfKind("train")];

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void Training_steps_equal_the_reference(string folder)
    {
        using ModelFixture fixture = new(folder);
        using JsonDocument train = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "train.json")));
        using SafetensorsFile tensors = SafetensorsFile.Open(Path.Combine(folder, "train.safetensors"));
        JsonElement settings = train.RootElement.GetProperty("settings");
        foreach (Isa isa in Enum.GetValues<Isa>().Where(CpuBackend.IsSupported))
        {
            using CpuBackend backend = new(isa, 2);
            LanguageModel model = fixture.LoadModel();
            TrainingConfiguration configuration = Configuration(settings, fixture.Streams);
            TrainingStep step = new(model, fixture.Context(), configuration, backend);
            LearningRateSchedule schedule = LearningRateSchedule.Create(configuration.ScheduleOptions());
            Run(train.RootElement, tensors, model, step, schedule);
        }
    }

    private static TrainingConfiguration Configuration(JsonElement settings, int streams)
    {
        double Number(string name, double otherwise) => settings.TryGetProperty(name, out JsonElement value) ? value.GetDouble() : otherwise;
        JsonElement betas = settings.GetProperty("betas");
        return new TrainingConfiguration
        {
            // The schedule may be made for a longer training than the case shows.
            Steps = (int)Number("max_step", settings.GetProperty("steps").GetInt32()),
            MinimumLearningRate = Number("eta_min", 0),
            BatchSize = streams,
            LearningRate = settings.GetProperty("lr").GetDouble(),
            Schedule = ScheduleNames.Parse(settings.GetProperty("scheduler").GetString()!),
            WarmupSteps = settings.GetProperty("warmup_step").GetInt32(),
            ClipNorm = settings.GetProperty("clip").GetDouble(),
            Optimizer = new OptimizerOptions
            {
                Kind = Enum.Parse<OptimizerKind>(settings.GetProperty("optimizer").GetString()!, ignoreCase: true),
                Beta1 = betas[0].GetDouble(),
                Beta2 = betas[1].GetDouble(),
                Epsilon = settings.GetProperty("eps").GetDouble(),
                WeightDecay = settings.GetProperty("weight_decay").GetDouble(),
            },
            ReferenceQuirks = true,
        };
    }

    private static void Run(JsonElement train, SafetensorsFile tensors, LanguageModel model, TrainingStep step, LearningRateSchedule schedule)
    {
        JsonElement tolerance = train.GetProperty("suggested_tolerance"), steps = train.GetProperty("steps");
        int[] inputs = ModelFixture.ReadIds(tensors, "input_ids"), targets = ModelFixture.ReadIds(tensors, "target_ids");
        int count = steps.GetArrayLength(), size = inputs.Length / count;
        for (int i = 0; i < count; i++)
        {
            double rate = schedule.RateAt(i + 1);
            Assert.Equal(steps[i].GetProperty("lr").GetDouble(), rate, 1e-15);
            (double loss, double norm) = step.Run(inputs.AsSpan(i * size, size), targets.AsSpan(i * size, size), i + 1, rate);
            double expectedNorm = steps[i].GetProperty("grad_norm_before_clip").GetDouble();
            Assert.Equal(steps[i].GetProperty("loss").GetDouble(), loss, tolerance.GetProperty("loss_atol").GetDouble());
            Assert.Equal(expectedNorm, norm, expectedNorm * tolerance.GetProperty("grad_norm_rtol").GetDouble());
            if (i == 0)
            {
                CheckWeights(model, tensors, "after1.", tolerance.GetProperty("weights_after_1"));
            }
        }

        CheckWeights(model, tensors, $"after{count}.", tolerance.GetProperty("weights_after_last"));
    }

    private static void CheckWeights(LanguageModel model, SafetensorsFile tensors, string prefix, JsonElement tolerance)
    {
        List<double> errors = [];
        foreach (Parameter parameter in model.Parameters)
        {
            float[] expected = new float[parameter.Value.Count];
            tensors.ReadFloats(prefix + parameter.Name, expected);
            ReadOnlySpan<float> actual = parameter.Value.Span;
            for (int i = 0; i < expected.Length; i++)
            {
                errors.Add(Math.Abs((double)actual[i] - expected[i]));
            }
        }

        errors.Sort();
        Assert.InRange(errors[(int)(errors.Count * 0.99)], 0, tolerance.GetProperty("p99_atol").GetDouble());
        Assert.InRange(errors[(int)(errors.Count * 0.999)], 0, tolerance.GetProperty("p999_atol").GetDouble());
        Assert.InRange(errors[^1], 0, tolerance.GetProperty("max_atol").GetDouble());
    }
}
