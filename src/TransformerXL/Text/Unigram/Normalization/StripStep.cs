using System.Text.Json;
using TransformerXL.Text.WordPieces;

namespace TransformerXL.Text.Unigram.Normalization;

/// <summary>Removes white space at the ends of a text.</summary>
internal sealed class StripStep(bool left, bool right) : TextStep
{
    public const string Name = "Strip", Left = "strip_left", Right = "strip_right";

    public override string Type => Name;

    public override void Apply(ReadOnlySpan<PlacedCharacter> text, PlacedText output, TextPart part)
    {
        int begin = 0, end = text.Length;
        while (left && part.IsFirst && begin < end && WordPieceCharacters.IsSpace(text[begin].Code))
        {
            begin++;
        }

        while (right && part.IsLast && begin < end && WordPieceCharacters.IsSpace(text[end - 1].Code))
        {
            end--;
        }

        output.Add(text[begin..end]);
    }

    public override void Write(Utf8JsonWriter writer)
    {
        writer.WriteBoolean(Left, left);
        writer.WriteBoolean(Right, right);
    }
}
