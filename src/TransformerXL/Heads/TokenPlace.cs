namespace TransformerXL.Heads;

/// <summary>A token of a text and the part of the text that it belongs to.</summary>
/// <param name="Token">Its place among the tokens.</param>
/// <param name="Start">The first UTF-16 unit of the part.</param>
/// <param name="End">Behind the last one.</param>
internal readonly record struct TokenPlace(int Token, int Start, int End);
