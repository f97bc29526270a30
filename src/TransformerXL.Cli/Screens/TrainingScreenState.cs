using System.Collections.Immutable;
using TransformerXL.Training;
using TransformerXL.Training.Corpora;
using TransformerXL.Training.Tasks;

namespace TransformerXL.Cli.Screens;

/// <summary>Everything that the screen of a training shows. Immutable: a report gives a new state.</summary>
internal sealed record TrainingScreenState
{
    private const int MaxLosses = 240;

    /// <summary>One line about the model.</summary>
    public required string Model { get; init; }

    /// <summary>One line about the training text.</summary>
    public required string Text { get; init; }

    /// <summary>The name of a token: losses of characters, bytes and byte pairs are shown in bits, those of words as perplexity.</summary>
    public required string Unit { get; init; }

    /// <summary>Total number of steps.</summary>
    public required long Steps { get; init; }

    /// <summary>Number of steps before this process started.</summary>
    public long FirstStep { get; init; }

    /// <summary>The last report of steps.</summary>
    public StepReport? Last { get; init; }

    /// <summary>The last validation.</summary>
    public TaskValidationReport? Validation { get; init; }

    /// <summary>The best validation.</summary>
    public TaskValidationReport? Best { get; init; }

    /// <summary>The progress of a validation; null if none is running.</summary>
    public ValidationProgress? Validating { get; init; }

    /// <summary>The step of the last checkpoint.</summary>
    public long? CheckpointStep { get; init; }

    /// <summary>Training losses so far, downsampled evenly if there are many.</summary>
    public ImmutableArray<double> Losses { get; init; } = [];

    /// <summary>Number of reports in each of <see cref="Losses"/>.</summary>
    public int ReportsPerLoss { get; init; } = 1;

    /// <summary>Whether the user has requested a stop.</summary>
    public bool IsStopping { get; init; }

    /// <summary>Whether the training has ended, completed or not.</summary>
    public bool HasEnded { get; init; }

    private ImmutableArray<double> Pending { get; init; } = [];

    /// <summary>The state before the first report.</summary>
    public static TrainingScreenState Begin(Trainer trainer, Corpus corpus) => new()
    {
        Model = Describe(trainer),
        Text = DescribeText(trainer.Configuration.Corpus, corpus),
        Unit = trainer.Model.Configuration.IsCausal ? corpus.Vocabulary.Unit : LossText.NoUnit,
        Steps = trainer.Configuration.Training.Steps,
        FirstStep = trainer.State.Step,
    };

    /// <summary>The same for a task on examples.</summary>
    public static TrainingScreenState Begin(Trainer trainer, TaskExamples examples) => new()
    {
        Model = Describe(trainer),
        Text = $"{Path.GetFileName(examples.Name)}: {Figures.Count(examples.Count, "example")} of {Figures.Count(examples.Tokens, examples.Vocabulary.Unit)} to train on, {Figures.Count(examples.ValidationCount)} for validation, vocabulary of {Figures.Count(examples.Vocabulary.Count)}",
        Unit = LossText.NoUnit,
        Steps = trainer.Configuration.Training.Steps,
        FirstStep = trainer.State.Step,
    };

    /// <summary>The state after a report.</summary>
    public TrainingScreenState Apply(TrainingReport report) => report switch
    {
        StepReport step => AddLoss(step.Loss) with { Last = step },
        TaskValidationReport validation => this with { Validating = null, Validation = validation, Best = validation.IsBest ? validation : Best },
        CheckpointReport checkpoint => this with { Validating = null, CheckpointStep = checkpoint.Step },
        _ => this,
    };

    private TrainingScreenState AddLoss(double loss)
    {
        ImmutableArray<double> pending = Pending.Add(loss);
        if (pending.Length < ReportsPerLoss)
        {
            return this with { Pending = pending };
        }

        ImmutableArray<double> losses = Losses.Add(pending.Average());
        return losses.Length < MaxLosses
            ? this with { Losses = losses, Pending = [] }
            : this with { Losses = Halve(losses), Pending = [], ReportsPerLoss = 2 * ReportsPerLoss };
    }

    private static ImmutableArray<double> Halve(ImmutableArray<double> losses) =>
        [.. losses.Chunk(2).Select(pair => pair.Average())];

    private static string Describe(Trainer trainer)
    {
        Models.ModelConfiguration model = trainer.Model.Configuration;
        Models.ContextConfiguration context = trainer.Configuration.Context;
        return $"{Figures.Large(trainer.Model.Parameters.Values)} parameters, {Figures.Count(model.Layers, "layer")} of {model.ModelSize}, "
            + $"{ContextText.Lengths(model.Family, context)}, batch {trainer.Configuration.Training.BatchSize}";
    }

    private static string DescribeText(CorpusOptions? options, Corpus corpus)
    {
        string name = (options?.Path ?? options?.TrainPath) is { } path ? Path.GetFileName(path) + ": " : "";
        return $"{name}{Figures.Count(corpus.Train.Count, corpus.Vocabulary.Unit)} to train on, {Figures.Count(corpus.Validation.Count)} for validation, vocabulary of {Figures.Count(corpus.Vocabulary.Count)}";
    }
}
