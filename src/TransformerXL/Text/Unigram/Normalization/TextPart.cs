namespace TransformerXL.Text.Unigram.Normalization;

/// <summary>What a step of normalization needs to know about a block of a text.</summary>
/// <param name="IsFirst">Whether the text begins with it.</param>
/// <param name="IsLast">Whether the text ends with it.</param>
/// <param name="Kept">Pieces that are not normalized.</param>
/// <param name="MapsLongest">See <see cref="UnigramRules.MapsLongest"/>.</param>
internal readonly record struct TextPart(bool IsFirst, bool IsLast, PieceTrie Kept, bool MapsLongest);
