using TransformerXL.Analysis.Reports;
using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Training;

namespace TransformerXL.Analysis.Comparison;

/// <summary>The result of a model of a comparison.</summary>
/// <param name="Model">The row.</param>
/// <param name="Configuration">The configuration of its training.</param>
/// <param name="Run">The folder of the run.</param>
/// <param name="State">The state at the end of its training.</param>
/// <param name="Reading">The lengths with the lowest validation loss.</param>
/// <param name="Test">The evaluation of the test text with these lengths.</param>
public sealed record ComparisonRow(
    ComparedModel Model, RunConfiguration Configuration, string Run, TrainingState State, ContextConfiguration Reading, EvaluationResult Test)
{
    private RunHistory? _history;

    /// <summary>The test losses of its trainings in nats per token, one for each seed; the first is that of <see cref="Test"/>.</summary>
    public IReadOnlyList<double> TestLosses { get; init; } = [Test.MeanNll];

    /// <summary>The mean of <see cref="TestLosses"/>.</summary>
    public double MeanLoss => TestLosses.Average();

    /// <summary>The standard deviation of <see cref="TestLosses"/> (n - 1 in the denominator); null for a single seed.</summary>
    public double? LossDeviation => TestLosses.Count == 1 ? null
        : Math.Sqrt(TestLosses.Sum(loss => (loss - MeanLoss) * (loss - MeanLoss)) / (TestLosses.Count - 1));

    /// <summary>The last training loss that was reported, in nats per token, with the lengths of training and with dropout; null if none was.</summary>
    public double? TrainingLoss => History.Loss.Points is [.., var last] ? last.Y : null;

    /// <summary>The best validation loss in nats per token, with the lengths of training; null if there was none.</summary>
    public double? ValidationLoss => State.BestValidationLoss;

    internal RunHistory History => _history ??= RunHistory.Read(
        System.IO.Path.Combine(Run, "metrics.jsonl"), (double)Configuration.Training.BatchSize * Configuration.Context.TargetLength);

    /// <summary>Number of trained values.</summary>
    public long Parameters => ModelFootprint.Parameters(Configuration.Model);

    /// <summary>The maximum number of tokens that a prediction uses; null for an LSTM, which has no such limit.</summary>
    public int? AttentionLength => !Model.Family.HasMemoryLength ? null : Reading.TargetLength + Reading.ExtendedLength + Reading.MemoryLength;
}
