namespace TransformerXL.Heads;

/// <summary>Which token of a word its label is read at, where a word has several.</summary>
public enum PieceAlignment
{
    /// <summary>The last one, after which a causal model has read the whole word.</summary>
    LastPiece,

    /// <summary>The first one, as is usual for encoders (Devlin et al. 2019, section 5.3).</summary>
    FirstPiece,
}
