using System.Runtime.InteropServices;

namespace TransformerXL.Text.Unigram.Normalization;

/// <summary>Applies the steps of a vocabulary to the blocks of a text.</summary>
internal sealed class TextNormalizer(UnigramVocabulary vocabulary)
{
    private readonly PlacedText _one = new(), _other = new();

    /// <summary>The normalized block, which is valid until the next call.</summary>
    public ReadOnlySpan<PlacedCharacter> Apply(List<PlacedCharacter> block, bool isFirst, bool isLast)
    {
        TextPart part = new(isFirst, isLast, vocabulary.UserDefined, vocabulary.Rules.MapsLongest);
        ReadOnlySpan<PlacedCharacter> text = CollectionsMarshal.AsSpan(block);
        (PlacedText free, PlacedText used) = (_one, _other);
        foreach (TextStep step in vocabulary.Rules.Steps)
        {
            free.Clear(block.Count);
            step.Apply(text, free, part);
            text = free.Span;
            (free, used) = (used, free);
        }

        return text;
    }
}
