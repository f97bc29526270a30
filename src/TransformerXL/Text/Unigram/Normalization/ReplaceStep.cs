using System.Text.Json;

namespace TransformerXL.Text.Unigram.Normalization;

/// <summary>Replaces a text, or each run of two or more spaces, by another text.</summary>
/// <param name="pattern">The text; null for runs of spaces.</param>
/// <param name="content">What replaces it.</param>
internal sealed class ReplaceStep(string? pattern, string content) : TextStep
{
    public const string Name = "Replace", Pattern = "pattern", Content = "content", Literal = "String", Regex = "Regex";

    /// <summary>The only regular expression that is known: it merges spaces.</summary>
    public const string Spaces = " {2,}";

    private readonly int[] _pattern = [.. (pattern ?? "").EnumerateRunes().Select(rune => rune.Value)], _content = [.. content.EnumerateRunes().Select(rune => rune.Value)];

    public override string Type => Name;

    public override void Apply(ReadOnlySpan<PlacedCharacter> text, PlacedText output, TextPart part)
    {
        for (int i = 0; i < text.Length;)
        {
            int length = LengthAt(text[i..]);
            if (length == 0)
            {
                output.Add(text[i++]);
                continue;
            }

            foreach (int code in _content)
            {
                output.Add(new PlacedCharacter(code, text[i].Start, text[i + length - 1].End));
            }

            i += length;
        }
    }

    public override void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject(Pattern);
        writer.WriteString(pattern is null ? Regex : Literal, pattern ?? Spaces);
        writer.WriteEndObject();
        writer.WriteString(Content, content);
    }

    /// <summary>The characters at the beginning of a text that are replaced.</summary>
    private int LengthAt(ReadOnlySpan<PlacedCharacter> text)
    {
        int length = 0;
        if (pattern is null)
        {
            while (length < text.Length && text[length].Code == ' ')
            {
                length++;
            }

            return length >= 2 ? length : 0;
        }

        while (length < _pattern.Length && length < text.Length && text[length].Code == _pattern[length])
        {
            length++;
        }

        return length == _pattern.Length ? length : 0;
    }
}
