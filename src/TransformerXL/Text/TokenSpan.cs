namespace TransformerXL.Text;

/// <summary>A token and the part of a text that it stands for.</summary>
/// <param name="Id">The token.</param>
/// <param name="Start">Where the part begins, in UTF-16 units.</param>
/// <param name="End">The position after its end.</param>
public readonly record struct TokenSpan(int Id, int Start, int End);
