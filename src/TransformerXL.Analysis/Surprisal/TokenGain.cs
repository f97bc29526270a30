namespace TransformerXL.Analysis.Surprisal;

/// <summary>The bits that memory saved at all positions of one token.</summary>
/// <param name="Id">The token.</param>
/// <param name="Count">How often it occurs.</param>
/// <param name="Bits">Total bits saved; negative if memory made predictions worse.</param>
public readonly record struct TokenGain(int Id, long Count, double Bits);
