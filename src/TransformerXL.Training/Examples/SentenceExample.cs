using TransformerXL.Files;
using TransformerXL.Labels;

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

    /// <summary>The line of each word, where words have lines of their own; empty otherwise.</summary>
    internal IReadOnlyList<long> WordLines { get; init; } = [];

    /// <summary>The text that is divided into the words; null if the file has the words one by one.</summary>
    internal string? Text { get; init; }

    /// <inheritdoc/>
    public override long Length => Words.Count;

    /// <inheritdoc/>
    public override bool IsLabelled => Tags.Count > 0;

    /// <inheritdoc/>
    public override UInt128 InputFingerprint() => Fingerprint.Of(Words);

    /// <inheritdoc/>
    public override UInt128 AnswerFingerprint() => Fingerprint.Of(Tags);

    /// <summary>Where a word is.</summary>
    internal ExamplePlace PlaceOf(int word) => WordLines.Count > 0 ? Place with { Line = WordLines[word] } : Place;

    /// <summary>A word for messages, such as <c>word 2, 'Rome'</c>.</summary>
    internal string Describe(int word) => $"word {word + 1}, '{InputText.Show(Words[word])}'";

    /// <summary>Refuses tags that break the rules of a scheme.</summary>
    internal void RequireScheme(TagScheme scheme)
    {
        if (TagSchemes.FirstFault(Tags, scheme, out string reason) is >= 0 and var fault)
        {
            throw PlaceOf(fault).Fault($"the tag of {Describe(fault)}: {reason}; correct the tag, or name the scheme that the file follows, plain where tags mark no spans", "task.examples.scheme");
        }
    }
}
