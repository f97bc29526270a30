namespace TransformerXL.Training.Examples;

/// <summary>What a data set holds, to be shown before a training.</summary>
/// <param name="Splits">Each split, the training data first.</param>
/// <param name="Overlaps">Inputs that occur in two splits.</param>
/// <param name="Warnings">What may spoil the training or its measurement.</param>
public sealed record DataSummary(IReadOnlyList<SplitSummary> Splits, IReadOnlyList<SplitOverlap> Overlaps, IReadOnlyList<DataWarning> Warnings)
{
    /// <summary>The name of the split for test.</summary>
    internal const string Test = "test";

    /// <summary>Nothing that was counted.</summary>
    internal static DataSummary None { get; } = new([], [], []);
}
