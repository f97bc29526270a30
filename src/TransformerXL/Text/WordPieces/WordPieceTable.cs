namespace TransformerXL.Text.WordPieces;

/// <summary>The tokens of a vocabulary by their text: those that begin a word, and those that continue one, without the <c>##</c>.</summary>
internal sealed class WordPieceTable
{
    private readonly Dictionary<string, int> _beginnings, _continuations;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _begins, _continues;
    private readonly int _longest;

    /// <param name="tokens">The tokens.</param>
    /// <param name="special">Tokens that no text gives.</param>
    public WordPieceTable(IReadOnlyList<string> tokens, IReadOnlyCollection<int> special)
    {
        _beginnings = new Dictionary<string, int>(tokens.Count, StringComparer.Ordinal);
        _continuations = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int id = 0; id < tokens.Count; id++)
        {
            string token = tokens[id];
            if (special.Contains(id) || token.Length == 0)
            {
                continue;
            }

            bool continues = token.Length > WordPieceVocabulary.Continuation.Length && token.StartsWith(WordPieceVocabulary.Continuation, StringComparison.Ordinal);
            string text = continues ? token[WordPieceVocabulary.Continuation.Length..] : token;
            (continues ? _continuations : _beginnings)[text] = id;
            _longest = Math.Max(_longest, text.Length);
        }

        _begins = _beginnings.GetAlternateLookup<ReadOnlySpan<char>>();
        _continues = _continuations.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>The longest token at the beginning of a text.</summary>
    /// <param name="text">The rest of a word.</param>
    /// <param name="isFirst">Whether it is the whole word.</param>
    /// <param name="length">The UTF-16 units of the token.</param>
    /// <returns>Its id, or -1 if there is none.</returns>
    public int Longest(ReadOnlySpan<char> text, bool isFirst, out int length)
    {
        Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> tokens = isFirst ? _begins : _continues;
        for (length = Math.Min(text.Length, _longest); length > 0; length--)
        {
            if (tokens.TryGetValue(text[..length], out int id))
            {
                return id;
            }
        }

        return -1;
    }
}
