namespace TransformerXL.Testing.Oracles;

/// <summary>What a step of Adam leaves of one value.</summary>
public readonly record struct AdamValues(double Value, double FirstMoment, double SecondMoment, double Largest);
