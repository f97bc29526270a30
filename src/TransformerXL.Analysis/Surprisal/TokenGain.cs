namespace TransformerXL.Analysis.Surprisal;

/// <summary>What memory saved at all places of one token.</summary>
/// <param name="Id">The token.</param>
/// <param name="Count">How often it occurs.</param>
/// <param name="Bits">Bits saved in all; below zero where memory misled.</param>
public readonly record struct TokenGain(int Id, long Count, double Bits);
