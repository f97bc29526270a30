namespace TransformerXL.Models;

/// <summary>The dropout of one forward pass.</summary>
/// <param name="Hidden">The probability that a hidden value is zeroed.</param>
/// <param name="Attention">The probability that an attention weight is zeroed.</param>
public readonly record struct DropoutRates(float Hidden, float Attention);
