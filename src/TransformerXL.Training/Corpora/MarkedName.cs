namespace TransformerXL.Training.Corpora;

/// <summary>A name in a text of the documentation.</summary>
/// <param name="Start">Its first character.</param>
/// <param name="End">The character after its last.</param>
/// <param name="IsType">Whether it is a type; otherwise it is a member of one.</param>
internal readonly record struct MarkedName(int Start, int End, bool IsType);
