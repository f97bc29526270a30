using TransformerXL.Inference;

namespace TransformerXL.Heads.Explaining;

/// <summary>Tokens of a document that stand for a piece of its text.</summary>
/// <param name="First">The first token.</param>
/// <param name="Count">How many.</param>
/// <param name="Source">Which text.</param>
/// <param name="Start">The first UTF-16 unit of the piece.</param>
/// <param name="End">Behind the last one.</param>
internal readonly record struct ExplainedPiece(int First, int Count, InfluenceSource Source, int Start, int End);
