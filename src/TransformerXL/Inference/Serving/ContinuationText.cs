using System.Buffers;
using System.Text;
using TransformerXL.Inference.Sampling;
using TransformerXL.Text;

namespace TransformerXL.Inference.Serving;

/// <summary>
/// Turns the tokens of a continuation into updates: text that may begin a stop string is held back, characters come whole, and each token comes with the
/// update that gives its first byte.
/// </summary>
internal sealed class ContinuationText(int choice, TokenDecoder decoder, int? before, IReadOnlyList<string> stops, bool includesStop)
{
    private readonly StopMatcher _stop = new(stops);
    private readonly Decoder _utf8 = Encoding.UTF8.GetDecoder();
    private readonly ArrayBufferWriter<byte> _bytes = new(), _released = new();
    private readonly Queue<(TokenResult Token, long Begin)> _held = new();
    private long _appended, _given;

    /// <summary>The stop string that was found, or null.</summary>
    public string? StopString => _stop.Found;

    /// <summary>The text of the last token.</summary>
    public ReadOnlySpan<byte> LastBytes => _bytes.WrittenSpan;

    /// <summary>Bytes of the text that were given out.</summary>
    public long Given => _given;

    /// <summary>Adds a token.</summary>
    /// <param name="id">The token.</param>
    /// <param name="logProbability">That of the token, or null.</param>
    /// <param name="top">The most probable tokens at its place.</param>
    /// <returns>What can be given out now, or null.</returns>
    public GenerationUpdate? Append(int id, double? logProbability, IReadOnlyList<TokenProbability> top)
    {
        _bytes.ResetWrittenCount();
        _released.ResetWrittenCount();
        decoder.Append(id, _bytes);
        _held.Enqueue((new TokenResult(id, _bytes.WrittenSpan.ToArray(), logProbability, top), _appended));
        _appended += _bytes.WrittenCount;
        _stop.Append(_bytes.WrittenSpan, _released);
        if (StopString is { } stop && includesStop)
        {
            _released.Write(Encoding.UTF8.GetBytes(stop));
        }

        return Update(flush: false);
    }

    /// <summary>Ends the text.</summary>
    /// <returns>The buffered rest; its text has U+FFFD for an incomplete character.</returns>
    public GenerationUpdate Complete()
    {
        _released.ResetWrittenCount();
        if (StopString is null)
        {
            _stop.Complete(_released);
        }

        return Update(flush: true) ?? new GenerationUpdate { Choice = choice };
    }

    private GenerationUpdate? Update(bool flush)
    {
        _given += _released.WrittenCount;
        List<TokenResult>? tokens = null;
        while (_held.TryPeek(out (TokenResult Token, long Begin) next) && (next.Begin < _given || (next.Begin == _given && next.Token.Bytes.IsEmpty && StopString is null)))
        {
            (tokens ??= []).Add(next.Token);
            _held.Dequeue();
        }

        // Also without a byte: the decoder may hold an incomplete character, which the end gives as U+FFFD.
        string text = Characters(flush);
        return text.Length == 0 && tokens is null && _released.WrittenCount == 0
            ? null
            : new GenerationUpdate { Choice = choice, Before = before, Text = text, Bytes = _released.WrittenSpan.ToArray(), Tokens = tokens ?? [] };
    }

    private string Characters(bool flush)
    {
        ReadOnlySpan<byte> bytes = _released.WrittenSpan;
        char[] characters = new char[Encoding.UTF8.GetMaxCharCount(bytes.Length)];
        return new string(characters, 0, _utf8.GetChars(bytes, characters, flush));
    }
}
