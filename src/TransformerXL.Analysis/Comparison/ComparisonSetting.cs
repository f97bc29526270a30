using System.Text.Json;
using TransformerXL.Files;
using TransformerXL.Training;
using TransformerXL.Training.Records;

namespace TransformerXL.Analysis.Comparison;

/// <summary>The conditions of a comparison: everything besides the models that its figures depend on.</summary>
/// <param name="Text">The text.</param>
/// <param name="Standard">The configuration whose lengths, recipe and seed all models use.</param>
/// <param name="Seeds">Number of trainings of each model, with consecutive seeds.</param>
/// <param name="Machine">The machine.</param>
/// <param name="UnigramEntropy">The unigram entropy of the training text in nats per token.</param>
public sealed record ComparisonSetting(string Text, RunConfiguration Standard, int Seeds, MachineDescription Machine, double UnigramEntropy)
{
    /// <summary>Whether each model was trained for the same time, with as many steps as fit, and a warm-up of at most a tenth of them.</summary>
    public bool IsTimed { get; init; }

    /// <summary>The seeds in words.</summary>
    public string SeedText => Seeds == 1 ? $"seed {Standard.Training.Seed}" : $"seeds {Standard.Training.Seed} to {Standard.Training.Seed + (ulong)Seeds - 1}";

    /// <summary>The recipe in a line.</summary>
    public string Recipe
    {
        get
        {
            TrainingConfiguration training = Standard.Training;
            return FormattableString.Invariant(
                $"{training.Optimizer.Kind}, learning rate {training.LearningRate:G4} ({JsonNamingPolicy.KebabCaseLower.ConvertName(training.Schedule.ToString())} schedule, warm-up {training.WarmupSteps}{(IsTimed ? ", at most a tenth of the steps" : "")}), batch {training.BatchSize}, segments of {Standard.Context.TargetLength}, memory of {Standard.Context.MemoryLength}");
        }
    }

    /// <summary>The machine in a line.</summary>
    public string MachineText => $"{Machine.Processor}, {Counted.Of(Machine.Threads, "thread")}, {Machine.InstructionSet}, {Machine.Runtime}";
}
