using TransformerXL.Models;
using TransformerXL.Training;
using TransformerXL.Training.Batches;
using TransformerXL.Training.Corpora;
using TransformerXL.Training.Presets;
using TransformerXL.Training.Schedules;

namespace TransformerXL.Cli.Quickstart;

/// <summary>
/// The model and recipe of a quickstart, and the number of steps that fit in the time. A minute is enough for few tokens only, and
/// then a small model that reads more of them is better than a larger one; dropout would only slow it down.
/// </summary>
internal static class QuickstartPlan
{
    private const int Validations = 4, MaxBatch = 32, ReportsPerSecond = 4;

    /// <summary>
    /// A fifth of the steps read more memory than the others, up to this: the model then does not get worse with a longer memory. Distances beyond the
    /// clamp, which is the length of the other steps, are treated as equal.
    /// </summary>
    private const int LongMemory = 1024, Clamp = 64;

    /// <summary>Share of the time for validations, samples and checkpoints.</summary>
    private const double Overhead = 0.08;

    /// <summary>The minimum number of validation tokens: the documentation of types varies too much for fewer.</summary>
    private const int MinValidationTokens = 10_000;

    /// <summary>The approximate speed of validation relative to training.</summary>
    private const int SpeedOfValidation = 3;

    /// <summary>Architecture and recipe without a number of steps.</summary>
    public static RunConfiguration ForCorpus(Corpus corpus, CorpusOptions options, ulong seed) => new()
    {
        Model = new TransformerXLConfiguration { VocabularySize = corpus.Vocabulary.Count, Layers = 4, ModelSize = 96, Heads = 4, Dropout = 0, Activation = FeedForwardActivation.SwiGlu, InitialDeviation = LaptopPresets.NarrowDeviation },
        Context = LaptopPresets.QuickContext with { ClampLength = Clamp },
        Training = LaptopPresets.Quick(new TrainingConfiguration { BatchSize = Batch(corpus.Train.Count), LongMemoryLength = LongMemory, Order = SegmentOrder.Shuffled, LearningRate = 0.003, Schedule = ScheduleKind.Linear, Seed = seed }),
        Corpus = options,
    };

    /// <summary>The same with the number of steps that fit in the time.</summary>
    /// <param name="configuration">Architecture and recipe.</param>
    /// <param name="seconds">Time for the training.</param>
    /// <param name="secondsPerStep">The time of a step.</param>
    public static RunConfiguration ForTime(RunConfiguration configuration, double seconds, double secondsPerStep)
    {
        long steps = Math.Max(10, (long)(seconds * (1 - Overhead) / secondsPerStep));
        long validateEvery = Math.Max(1, (steps + Validations - 1) / Validations);
        double tokensPerSecond = configuration.Training.BatchSize * configuration.Context.TargetLength / secondsPerStep;
        return configuration with
        {
            Training = configuration.Training with
            {
                Steps = steps,
                WarmupSteps = Math.Min(steps / 10, 200),
                ValidateEvery = validateEvery,
                CheckpointEvery = validateEvery,
                ReportEvery = Math.Max(1, (long)(1 / (secondsPerStep * ReportsPerSecond))),
                ValidationTokens = (long)Math.Max(MinValidationTokens, SpeedOfValidation * tokensPerSecond * seconds * Overhead / Validations),
            },
        };
    }

    /// <summary>Whether a run is a quickstart of the same text and seed, regardless of the number of steps.</summary>
    /// <param name="stored">The configuration of the run.</param>
    /// <param name="wanted">Architecture and recipe without a number of steps.</param>
    public static bool IsSame(RunConfiguration stored, RunConfiguration wanted) => stored.SaysTheSameAs(wanted with
    {
        Training = wanted.Training with
        {
            Steps = stored.Training.Steps,
            WarmupSteps = stored.Training.WarmupSteps,
            ValidateEvery = stored.Training.ValidateEvery,
            CheckpointEvery = stored.Training.CheckpointEvery,
            ReportEvery = stored.Training.ReportEvery,
            ValidationTokens = stored.Training.ValidationTokens,
        },
    });

    /// <summary>Fewer streams for a text that is too short for all of them.</summary>
    private static int Batch(long tokens)
    {
        int batch = MaxBatch;
        while (batch > 1 && tokens < 4L * batch * LaptopPresets.QuickContext.TargetLength)
        {
            batch /= 2;
        }

        return batch;
    }
}
