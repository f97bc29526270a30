namespace TransformerXL.Training.Synthetic;

/// <summary>A character of a text whose language is known.</summary>
/// <param name="Symbol">The character.</param>
/// <param name="Nats">-ln of its probability given all characters before it: no model can do better on average.</param>
/// <param name="Distance">The distance back to the character that this one repeats or answers; 0 if there is none.</param>
public readonly record struct SyntheticCharacter(char Symbol, double Nats, int Distance);
