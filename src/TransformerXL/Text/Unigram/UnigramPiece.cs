namespace TransformerXL.Text.Unigram;

/// <summary>A piece of a unigram vocabulary.</summary>
/// <param name="Text">Its text, in which <c>▁</c> (U+2581) is a space; or the name of a special token.</param>
/// <param name="Score">Its log probability in nats.</param>
/// <param name="Kind">What it stands for.</param>
public readonly record struct UnigramPiece(string Text, double Score, UnigramPieceKind Kind = UnigramPieceKind.Normal);
