namespace TransformerXL.Training.Examples;

/// <summary>What may spoil a training or its measurement.</summary>
/// <param name="Message">A sentence about it.</param>
public sealed record DataWarning(string Message)
{
    /// <summary>The settings whose change helps; empty if none is known.</summary>
    public IReadOnlyList<InputRemedy> Remedies { get; init; } = [];
}
