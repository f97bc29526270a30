namespace TransformerXL.Text.Unigram;

/// <summary>Where a mark of white space is put before a text or word that no white space precedes.</summary>
internal enum UnigramPrefix
{
    /// <summary>Nowhere.</summary>
    None,

    /// <summary>Before the text, unless a mark is there; where the text is split at white space, before a word that begins the text.</summary>
    First,

    /// <summary>Before the text, or before each word where the text is split at white space, unless a mark is there.</summary>
    Each,

    /// <summary>Before the text, even if it begins with a mark.</summary>
    Dummy,
}
