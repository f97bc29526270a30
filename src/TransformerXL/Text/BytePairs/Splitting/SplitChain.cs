namespace TransformerXL.Text.BytePairs.Splitting;

/// <summary>Splits text by several patterns, each of which splits the pieces of the previous one.</summary>
internal sealed class SplitChain(IEnumerable<SplitPattern> patterns) : IPreTokenScanner
{
    private readonly PatternSplitter[] _splitters = [.. patterns.Select(pattern => new PatternSplitter(pattern))];

    /// <inheritdoc/>
    public int Next(ReadOnlySpan<byte> text, bool ended, int limit)
    {
        ReadOnlySpan<byte> piece = text;
        bool isClosed = ended;
        foreach (PatternSplitter splitter in _splitters)
        {
            splitter.Extend(piece, isClosed, limit);
            piece = piece[..splitter.Known];
            isClosed = splitter.IsClosed;
        }
        if (!isClosed)
        {
            return 0;
        }
        foreach (PatternSplitter splitter in _splitters)
        {
            splitter.Take(piece.Length);
        }
        return piece.Length;
    }

    /// <inheritdoc/>
    public void Reset()
    {
        foreach (PatternSplitter splitter in _splitters)
        {
            splitter.Reset();
        }
    }
}
