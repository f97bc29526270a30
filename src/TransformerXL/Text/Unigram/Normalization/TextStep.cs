using System.Text.Json;

namespace TransformerXL.Text.Unigram.Normalization;

/// <summary>A step of normalization. Instances are immutable.</summary>
internal abstract class TextStep
{
    /// <summary>Its name in a <c>tokenizer.json</c>.</summary>
    public abstract string Type { get; }

    /// <summary>Writes the normalized text; each character keeps its place in the original one.</summary>
    /// <param name="text">The text, a block of a longer one.</param>
    /// <param name="output">Receives the result.</param>
    /// <param name="part">Which block it is, and what must not be changed.</param>
    public abstract void Apply(ReadOnlySpan<PlacedCharacter> text, PlacedText output, TextPart part);

    /// <summary>Writes the members of its JSON object other than the type.</summary>
    public virtual void Write(Utf8JsonWriter writer)
    {
    }
}
