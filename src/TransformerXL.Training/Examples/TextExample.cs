using System.Globalization;

namespace TransformerXL.Training.Examples;

/// <summary>A text, or a pair of texts, with what it is to be classified as.</summary>
public sealed record TextExample : Example
{
    /// <summary>The text, or the first of a pair; not empty.</summary>
    public required string Text { get; init; }

    /// <summary>The second text of a pair; null for a single text.</summary>
    public string? SecondText { get; init; }

    /// <summary>Its labels: one, or with several labels any number of them. Empty too where there is none or <see cref="Number"/> is the answer.</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>Whether <see cref="Labels"/> is an answer although it is empty: no label of several applies.</summary>
    public bool HasNoLabelOfSeveral { get; init; }

    /// <summary>The number to predict; null for labels.</summary>
    public double? Number { get; init; }

    /// <inheritdoc/>
    public override long Length => Text.Length + (SecondText?.Length ?? 0);

    /// <inheritdoc/>
    public override bool IsLabelled => Labels.Count > 0 || HasNoLabelOfSeveral || Number is not null;

    /// <inheritdoc/>
    public override UInt128 InputFingerprint() => Fingerprint.Of(SecondText is null ? [Text] : [Text, SecondText]);

    /// <inheritdoc/>
    public override UInt128 AnswerFingerprint() =>
        Fingerprint.Of(Number is { } number ? [number.ToString("R", CultureInfo.InvariantCulture)] : Labels.Order(StringComparer.Ordinal));
}
