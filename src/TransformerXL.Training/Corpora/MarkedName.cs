namespace TransformerXL.Training.Corpora;

/// <summary>The position of a name in a text of the documentation.</summary>
/// <param name="Start">The index of its first character.</param>
/// <param name="End">The index after its last character.</param>
/// <param name="IsType">Whether it is a type; otherwise it is a member of one.</param>
internal readonly record struct MarkedName(int Start, int End, bool IsType);
