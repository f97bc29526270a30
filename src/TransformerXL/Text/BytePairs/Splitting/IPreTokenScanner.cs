namespace TransformerXL.Text.BytePairs.Splitting;

/// <summary>Finds the ends of pre-tokens in text that comes in pieces, each of which is looked at once.</summary>
internal interface IPreTokenScanner
{
    /// <summary>The length of the pre-token at the beginning of <paramref name="text"/>; 0 if that takes more text to tell.</summary>
    /// <param name="text">What follows the pre-token returned last; it grows from call to call until one is returned.</param>
    /// <param name="ended">True if nothing will follow <paramref name="text"/>.</param>
    /// <param name="limit">A longer pre-token is cut behind the character that reaches this number of bytes.</param>
    int Next(ReadOnlySpan<byte> text, bool ended, int limit);

    /// <summary>Forgets a text that was not read to its end.</summary>
    void Reset();
}
