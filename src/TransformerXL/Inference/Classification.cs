namespace TransformerXL.Inference;

/// <summary>The prediction of a <see cref="Classifier"/> for a text.</summary>
public sealed record Classification
{
    /// <summary>The labels of the text: the most probable one, or, where a text may have several, those with a probability of at least one half, the most probable first. Empty for a number.</summary>
    public required IReadOnlyList<string> Labels { get; init; }

    /// <summary>All labels in the order of the model; their probabilities sum to 1 where a text has one label. Empty for a number.</summary>
    public required IReadOnlyList<LabelProbability> Probabilities { get; init; }

    /// <summary>The number, if the model predicts one.</summary>
    public double? Number { get; init; }

    /// <summary>Tokens that were read, with the marks at the ends.</summary>
    public required long Tokens { get; init; }

    /// <summary>Unknown tokens; counted by <see cref="Classifier.ClassifyAsync"/> only, otherwise 0.</summary>
    internal long Unknown { get; init; }
}
