using TransformerXL.Text;

namespace TransformerXL.Inference;

/// <summary>
/// A text to be read once for each enumeration of a result. A string is read anew by each; a stream or a reader can be read only once, and a
/// second enumeration, which would silently find it empty, is refused.
/// </summary>
internal sealed class TextInput
{
    private readonly Func<TokenReader> _open;
    private readonly string? _once;
    private int _opened;

    private TextInput(Func<TokenReader> open, string? once) => (_open, _once) = (open, once);

    public static TextInput Of(string text, Vocabulary vocabulary, Func<TokenEncoder> encoder) =>
        new(() => TokenReader.From(new StringReader(text), ByteOrderMark.Skip(vocabulary, encoder())), null);

    public static TextInput Of(TextReader text, Vocabulary vocabulary, Func<TokenEncoder> encoder) =>
        new(() => TokenReader.From(text, ByteOrderMark.Skip(vocabulary, encoder())), "reader");

    public static TextInput Of(Stream utf8, Vocabulary vocabulary, Func<TokenEncoder> encoder) =>
        new(() => TokenReader.From(utf8, ByteOrderMark.Skip(vocabulary, encoder())), "stream");

    /// <summary>Whether the text is there as a whole, so that reading ahead delays nothing.</summary>
    public bool IsWhole => _once is null;

    /// <summary>Begins to read the text.</summary>
    /// <exception cref="InvalidOperationException">It is no string and has been read before.</exception>
    public TokenReader Open()
    {
        if (_once is not null && Interlocked.Exchange(ref _opened, 1) != 0)
        {
            throw new InvalidOperationException($"the text comes from a {_once}, which an earlier enumeration has read; call the method again with a new {_once}, or with a string");
        }

        return _open();
    }
}
