namespace TransformerXL.Text;

/// <summary>A character of a normalized text, and the part of the original text that it comes from.</summary>
/// <param name="Code">The code point.</param>
/// <param name="Start">Where the part begins.</param>
/// <param name="End">The position after its end.</param>
internal readonly record struct PlacedCharacter(int Code, int Start, int End);
