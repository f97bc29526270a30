namespace TransformerXL.Training.Examples;

/// <summary>What a split of a data set holds.</summary>
public sealed record SplitSummary
{
    /// <summary>Such as <c>training</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The file or folder.</summary>
    public required string Path { get; init; }

    /// <summary>Its format in words.</summary>
    public required string Format { get; init; }

    /// <summary>Number of examples.</summary>
    public required long Count { get; init; }

    /// <summary>Examples without an answer.</summary>
    public required long Unlabelled { get; init; }

    /// <summary>The labels, or types of tags, the most frequent first; empty for numbers and questions.</summary>
    public required IReadOnlyList<LabelCount> Labels { get; init; }

    /// <summary>Lengths of the inputs.</summary>
    public required LengthSummary Lengths { get; init; }

    /// <summary>Examples whose input occurred before in the split.</summary>
    public required long Duplicates { get; init; }

    /// <summary>Those of the duplicates whose answer is another one.</summary>
    public required long Contradictions { get; init; }
}
