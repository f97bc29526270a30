using TransformerXL.Models;
using TransformerXL.Text;
using TransformerXL.Training;
using TransformerXL.Training.Corpora;
using TransformerXL.Training.Presets;
using TransformerXL.Training.Schedules;
using TransformerXL.Training.Tasks;

namespace TransformerXL.Cli.Quickstart;

/// <summary>The model and recipe of a quickstart of a task.</summary>
internal static class TaskQuickstartPlan
{
    private const int Validations = 4, ReportsPerSecond = 4, Vocabulary = 1000;

    /// <summary>Share of the time for validations and checkpoints.</summary>
    private const double Overhead = 0.15;

    /// <summary>The part of the configuration that does not depend on the examples.</summary>
    /// <param name="kind">The task.</param>
    /// <param name="folder">The folder of the examples.</param>
    /// <param name="seed">The seed.</param>
    public static RunConfiguration Before(TaskKind kind, string folder, ulong seed) => new()
    {
        Model = new TransformerXLConfiguration { VocabularySize = Vocabulary, Layers = 3, ModelSize = 96, Heads = 4, Dropout = 0, InitialDeviation = LaptopPresets.NarrowDeviation },
        Context = LaptopPresets.QuickContext,
        Training = LaptopPresets.Quick(new TrainingConfiguration { BatchSize = 32, LearningRate = 0.002, Schedule = ScheduleKind.Linear, Seed = seed }),
        Corpus = new CorpusOptions { Path = folder, Vocabulary = new VocabularyOptions { Kind = VocabularyKind.BytePairs, MaxSize = Vocabulary } },
        Task = new TaskConfiguration { Kind = kind },
    };

    /// <summary>The configuration for examples, without a number of steps.</summary>
    public static RunConfiguration For(RunConfiguration before, TaskExamples examples) =>
        before with { Model = before.Model with { VocabularySize = examples.Vocabulary.Count }, Head = examples.Head };

    /// <summary>The same with the number of steps that fit in the time.</summary>
    /// <param name="configuration">Architecture and recipe.</param>
    /// <param name="seconds">Time for the training.</param>
    /// <param name="secondsPerStep">The time of a step.</param>
    public static RunConfiguration ForTime(RunConfiguration configuration, double seconds, double secondsPerStep)
    {
        long steps = Math.Max(10, (long)(seconds * (1 - Overhead) / secondsPerStep)), every = Math.Max(1, (steps + Validations - 1) / Validations);
        return configuration with
        {
            Training = configuration.Training with
            {
                Steps = steps,
                WarmupSteps = Math.Min(steps / 10, 200),
                ValidateEvery = every,
                CheckpointEvery = every,
                ReportEvery = Math.Max(1, (long)(1 / (secondsPerStep * ReportsPerSecond))),
            },
        };
    }
}
