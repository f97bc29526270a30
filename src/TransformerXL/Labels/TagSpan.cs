namespace TransformerXL.Labels;

/// <summary>A span of words with a type, such as a name.</summary>
/// <param name="Type">The type: the part of a tag after its prefix.</param>
/// <param name="Start">The first word, from 0.</param>
/// <param name="End">The word after the last.</param>
public readonly record struct TagSpan(string Type, int Start, int End);
