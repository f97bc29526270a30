using System.Buffers;
using System.Text;
using TransformerXL.Data;

namespace TransformerXL.Inference;

/// <summary>Turns text that comes piece by piece into tokens, in constant memory; gives what is there without waiting for more.</summary>
internal sealed class TokenReader
{
    private const int PieceBytes = 1 << 12;

    private readonly TokenEncoder _encoder;
    private readonly Func<Memory<byte>, CancellationToken, ValueTask<int>> _read;
    private readonly ArrayBufferWriter<int> _tokens = new(PieceBytes);
    private readonly byte[] _bytes = new byte[PieceBytes];
    private bool _ended;

    private TokenReader(TokenEncoder encoder, Func<Memory<byte>, CancellationToken, ValueTask<int>> read)
    {
        _encoder = encoder;
        _read = read;
    }

    /// <summary>Tokens given so far that stand for something the vocabulary lacks.</summary>
    public long Unknown => _encoder.Unknown;

    /// <summary>So many tokens at the end of the text are not given, but kept in <see cref="Held"/>.</summary>
    public int HoldBack { get; set; }

    /// <summary>The tokens that follow those given so far.</summary>
    public ReadOnlyMemory<int> Held { get; private set; }

    /// <summary>Tokens read so far.</summary>
    public long Count { get; private set; }

    public static TokenReader From(Stream utf8, TokenEncoder encoder) => new(encoder, utf8.ReadAsync);

    public static TokenReader From(TextReader text, TokenEncoder tokenEncoder)
    {
        Encoder encoder = Encoding.UTF8.GetEncoder();
        char[] characters = new char[PieceBytes / 4];
        return new TokenReader(tokenEncoder, ReadAsync);

        async ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken)
        {
            while (true)
            {
                int read = await text.ReadAsync(characters, cancellationToken).ConfigureAwait(false);
                int bytes = encoder.GetBytes(characters.AsSpan(0, read), destination.Span, flush: read == 0);
                // Half of a surrogate pair gives no byte yet, which must not look like the end.
                if (bytes > 0 || read == 0)
                {
                    return bytes;
                }
            }
        }
    }

    /// <summary>The next tokens; none at the end of the text. Overwritten by the next call.</summary>
    /// <exception cref="InputException">The text is not valid UTF-8 and the vocabulary needs that.</exception>
    public async ValueTask<ReadOnlyMemory<int>> ReadAsync(CancellationToken cancellationToken)
    {
        int[] held = Held.ToArray();
        _tokens.ResetWrittenCount();
        _tokens.Write(held);
        while (_tokens.WrittenCount <= HoldBack && !_ended)
        {
            int read = await _read(_bytes, cancellationToken).ConfigureAwait(false);
            if (read > 0)
            {
                _encoder.Append(_bytes.AsSpan(0, read), _tokens);
            }
            else
            {
                _ended = true;
                _encoder.Complete(_tokens);
            }
        }

        Count += _tokens.WrittenCount - held.Length;
        int given = Math.Max(_tokens.WrittenCount - HoldBack, 0);
        Held = _tokens.WrittenMemory[given..];
        return _tokens.WrittenMemory[..given];
    }
}
