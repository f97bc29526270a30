namespace TransformerXL.Training.Examples;

/// <summary>A sentence: words with a tag each.</summary>
public sealed record SentenceExample : Example
{
    /// <summary>The words; none is empty.</summary>
    public required IReadOnlyList<string> Words { get; init; }

    /// <summary>The tag of each word; empty where the file has none.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Whether a document begins here: the sentence before does not help to understand it.</summary>
    public bool StartsDocument { get; init; }

    /// <inheritdoc/>
    public override long Length => Words.Count;

    /// <inheritdoc/>
    public override bool IsLabelled => Tags.Count > 0;

    /// <inheritdoc/>
    public override UInt128 InputFingerprint() => Fingerprint.Of(Words);

    /// <inheritdoc/>
    public override UInt128 AnswerFingerprint() => Fingerprint.Of(Tags);
}
