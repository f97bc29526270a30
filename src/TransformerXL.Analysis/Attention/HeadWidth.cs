namespace TransformerXL.Analysis.Attention;

/// <summary>How far a head looks.</summary>
/// <param name="Layer">The layer, from 0.</param>
/// <param name="Head">The head in the layer, from 0.</param>
/// <param name="Reach">The positions, from the token itself backward (or in both directions where the model reads both), that hold 80 % of its attention.</param>
/// <param name="MeanDistance">The mean distance to what it attends to, in tokens.</param>
public readonly record struct HeadWidth(int Layer, int Head, int Reach, double MeanDistance);
