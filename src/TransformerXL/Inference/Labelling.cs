namespace TransformerXL.Inference;

/// <summary>The prediction of a <see cref="Labeller"/> for the words of a text.</summary>
public sealed record Labelling
{
    /// <summary>The words with their labels.</summary>
    public required IReadOnlyList<WordLabel> Words { get; init; }

    /// <summary>The spans that the labels mark; empty where labels are of single words, as parts of speech.</summary>
    public required IReadOnlyList<LabelledSpan> Spans { get; init; }
}
