namespace TransformerXL.Text.BytePairs.Splitting;

/// <summary>Finds the ends of pre-tokens in streamed text, scanning each piece once.</summary>
internal interface IPreTokenScanner
{
    /// <summary>The length of the pre-token at the beginning of <paramref name="text"/>; 0 if more text is needed.</summary>
    /// <param name="text">The text after the last returned pre-token; it grows from call to call until one is returned.</param>
    /// <param name="ended">True if nothing will follow <paramref name="text"/>.</param>
    /// <param name="limit">A longer pre-token is split after the character that reaches this number of bytes.</param>
    int Next(ReadOnlySpan<byte> text, bool ended, int limit);

    /// <summary>Resets the scanner for another text.</summary>
    void Reset();
}
