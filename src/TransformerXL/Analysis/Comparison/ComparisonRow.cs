using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Models.Families;
using TransformerXL.Training;

namespace TransformerXL.Analysis.Comparison;

/// <summary>What came of a model of a comparison.</summary>
/// <param name="Model">The row.</param>
/// <param name="Configuration">What was trained, and how.</param>
/// <param name="Run">The folder of the run.</param>
/// <param name="State">Where its training ended.</param>
/// <param name="Reading">The lengths with which the validation text was predicted best.</param>
/// <param name="Test">The test text with these lengths.</param>
public sealed record ComparisonRow(
    ComparedModel Model, RunConfiguration Configuration, string Run, TrainingState State, ContextConfiguration Reading, EvaluationResult Test)
{
    /// <summary>Trained values.</summary>
    public long Parameters => ModelFootprint.Parameters(Configuration.Model);

    /// <summary>The most tokens that a prediction is made from; null for an LSTM, which has no such limit.</summary>
    public int? AttentionLength => !ModelFamily.Of(Model.Kind).HasMemoryLength ? null : Reading.TargetLength + Reading.ExtendedLength + Reading.MemoryLength;
}
