namespace TransformerXL.Inference.Serving;

/// <summary>
/// The tokens of a request and how far they have been read. A text that is read from its beginning follows the start token. Where chunks end depends on the
/// number of tokens before them alone.
/// </summary>
internal sealed class PromptTokens
{
    private readonly int[] _ids;
    private readonly bool _isNew;

    /// <param name="tokens">The text.</param>
    /// <param name="start">The start token; null where the session has read something already.</param>
    /// <param name="chunk">Tokens of a chunk.</param>
    public PromptTokens(int[] tokens, int? start, int chunk)
    {
        (_isNew, Chunk) = (start is not null, chunk);
        _ids = start is { } first ? [first, .. tokens] : tokens;
    }

    /// <summary>Whether the session has read nothing before.</summary>
    public bool IsNew => _isNew;

    /// <summary>All tokens that are read, the start token included.</summary>
    public ReadOnlySpan<int> Ids => _ids;

    /// <summary>The text, without the start token.</summary>
    public ReadOnlySpan<int> Text => _ids.AsSpan(_isNew ? 1 : 0);

    /// <summary>Tokens that have been read.</summary>
    public int Read { get; private set; }

    public bool IsRead => Read == _ids.Length;

    /// <summary>Maximum length of the next chunk.</summary>
    public int Chunk { get; set; }

    public int NextCount => Math.Min(Chunk, _ids.Length - Read);

    public ReadOnlySpan<int> Next => _ids.AsSpan(Read, NextCount);

    public void Advance() => Read += NextCount;

    /// <summary>Goes on behind tokens that a checkpoint has read.</summary>
    public void SkipTo(int read) => Read = read;
}
