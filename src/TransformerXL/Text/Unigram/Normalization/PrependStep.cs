using System.Text;
using System.Text.Json;

namespace TransformerXL.Text.Unigram.Normalization;

/// <summary>Puts a text before another one that is not empty.</summary>
internal sealed class PrependStep(string content) : TextStep
{
    public const string Name = "Prepend", Content = "prepend";

    public override string Type => Name;

    public override void Apply(ReadOnlySpan<PlacedCharacter> text, PlacedText output, TextPart part)
    {
        if (part.IsFirst && !text.IsEmpty)
        {
            foreach (Rune rune in content.EnumerateRunes())
            {
                output.Add(text[0] with { Code = rune.Value });
            }
        }

        output.Add(text);
    }

    public override void Write(Utf8JsonWriter writer) => writer.WriteString(Content, content);
}
