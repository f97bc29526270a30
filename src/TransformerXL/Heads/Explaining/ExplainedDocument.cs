namespace TransformerXL.Heads.Explaining;

/// <summary>The tokens of a document and the pieces of text that they stand for.</summary>
/// <param name="Ids">The tokens, with marks.</param>
/// <param name="Pieces">The pieces in order; marks belong to none.</param>
internal sealed record ExplainedDocument(int[] Ids, IReadOnlyList<ExplainedPiece> Pieces)
{
    /// <summary>The tokens without those of a piece, and with marks at the end as far as a prediction is read behind the text.</summary>
    /// <param name="piece">What is left out.</param>
    /// <param name="delay">Tokens between a token and the place of its logits.</param>
    /// <param name="mark">The mark.</param>
    public int[] Without(ExplainedPiece piece, int delay, int mark)
    {
        List<int> ids = [.. Ids[..piece.First], .. Ids[(piece.First + piece.Count)..]];
        for (int i = 0; i < Math.Min(delay, piece.Count); i++)
        {
            ids.Add(mark);
        }

        return [.. ids];
    }
}
