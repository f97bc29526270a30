using System.Buffers;
using System.Text;
using TransformerXL.Text;

namespace TransformerXL.Inference;

/// <summary>
/// Turns text that comes piece by piece into chunks of tokens, in constant memory. A chunk is short only at the end of the text, so that where
/// one begins depends on the number of tokens before it and never on how the text arrives: chunks of other sizes round differently.
/// </summary>
internal sealed class TokenReader
{
    private const int PieceBytes = 1 << 12, ShortestMemory = 256;

    private readonly TokenEncoder _encoder;
    private readonly Func<Memory<byte>, CancellationToken, ValueTask<int>> _read;
    private readonly ArrayBufferWriter<int> _tokens = new(PieceBytes);
    private readonly byte[] _bytes = new byte[PieceBytes];
    private long _given;
    private int _taken;
    private bool _ended;

    private TokenReader(TokenEncoder encoder, Func<Memory<byte>, CancellationToken, ValueTask<int>> read)
    {
        _encoder = encoder;
        _read = read;
    }

    /// <summary>Number of unknown tokens read so far.</summary>
    public long Unknown => _encoder.Unknown;

    /// <summary>So many tokens at the end of the text are not given, but kept in <see cref="Held"/>.</summary>
    public int HoldBack { get; set; }

    /// <summary>The tokens that follow those given so far; after the end of the text those that were held back.</summary>
    public ReadOnlyMemory<int> Held => _tokens.WrittenMemory[_taken..];

    /// <summary>Tokens given so far, and at the end of the text those held back.</summary>
    public long Count => _given + (_ended ? Held.Length : 0);

    private int Ready => _tokens.WrittenCount - _taken - HoldBack;

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

    /// <summary>Fills a chunk with the next tokens, waiting for more text as long as there is room.</summary>
    /// <returns>The number of tokens: fewer than the chunk holds only at the end of the text.</returns>
    /// <exception cref="InputException">The text is not valid UTF-8 and the vocabulary needs that.</exception>
    public async ValueTask<int> FillAsync(Memory<int> chunk, CancellationToken cancellationToken)
    {
        int filled = 0;
        while (filled < chunk.Length)
        {
            if (Ready <= 0 && !await ReadMoreAsync(cancellationToken).ConfigureAwait(false))
            {
                break;
            }

            ReadOnlyMemory<int> ready = _tokens.WrittenMemory.Slice(_taken, Math.Min(Ready, chunk.Length - filled));
            ready.CopyTo(chunk[filled..]);
            filled += ready.Length;
            _taken += ready.Length;
        }

        _given += filled;
        return filled;
    }

    /// <summary>
    /// The memory for the text, found by reading ahead: one that is longer than the text and its start token would remember nothing more, but takes time and room for
    /// each of its tokens. It has at least <see cref="ShortestMemory"/> tokens where so many are wanted, because products of few rows round differently.
    /// </summary>
    /// <param name="wanted">The wanted length.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="InputException">The text is not valid UTF-8 and the vocabulary needs that.</exception>
    public async ValueTask<int> MemoryForAsync(int wanted, CancellationToken cancellationToken)
    {
        while (Ready < wanted && !_ended)
        {
            await AppendAsync(cancellationToken).ConfigureAwait(false);
        }

        return Math.Min(wanted, Math.Max(Ready + 1, ShortestMemory));
    }

    /// <returns>Whether there are tokens that can be given; false at the end of the text.</returns>
    private async ValueTask<bool> ReadMoreAsync(CancellationToken cancellationToken)
    {
        int[] kept = Held.ToArray();
        _tokens.ResetWrittenCount();
        _tokens.Write(kept);
        _taken = 0;
        while (Ready <= 0 && !_ended)
        {
            await AppendAsync(cancellationToken).ConfigureAwait(false);
        }

        return Ready > 0;
    }

    /// <summary>Encodes the next piece of the text.</summary>
    private async ValueTask AppendAsync(CancellationToken cancellationToken)
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
}
