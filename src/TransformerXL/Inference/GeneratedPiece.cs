namespace TransformerXL.Inference;

/// <summary>A piece of a text that a <see cref="Generator"/> writes, exactly and as text.</summary>
/// <param name="Sample">Which of <see cref="GenerationOptions.Samples"/> continuations it belongs to, from 0.</param>
/// <param name="Bytes">
/// The bytes that were added, empty only for the last piece. Those of all pieces are exactly what the model wrote: a model of bytes or byte pairs may
/// write what is no UTF-8, and a piece may end inside a character.
/// </param>
/// <param name="Text">The characters that became complete, possibly none; U+FFFD replaces bytes that do not form a character.</param>
public readonly record struct GeneratedPiece(int Sample, ReadOnlyMemory<byte> Bytes, string Text);
