using System.Buffers;
using System.Text;
using TransformerXL.Inference.Sampling;
using TransformerXL.Models;
using TransformerXL.Tensors.Random;
using TransformerXL.Text;

namespace TransformerXL.Inference;

/// <summary>One continuation of a prompt: draws token after token and turns them into pieces of text, up to a stop string.</summary>
internal sealed class Continuation
{
    private const int ShortText = 64;

    private readonly InferenceSession _session;
    private readonly Sampler _sampler;
    private readonly WritableTokens _writable;
    private readonly RandomStream _random;
    private readonly TokenDecoder _decoder;
    private readonly StopMatcher _stop;
    private readonly Decoder _utf8 = Encoding.UTF8.GetDecoder();
    private readonly ArrayBufferWriter<byte> _bytes = new(), _released = new();
    private readonly int _sample;
    private readonly IReadOnlyList<int> _ends;
    private readonly StopMemory? _memory;
    private int _token = -1;
    private long _given;

    /// <summary>Begins a continuation.</summary>
    /// <param name="session">A session that has read the prompt; must not be used elsewhere.</param>
    /// <param name="sampler">A sampler that has seen the prompt; must not be used elsewhere.</param>
    /// <param name="writable">The tokens that may follow the prompt; must not be used elsewhere.</param>
    /// <param name="decoder">Goes on after the prompt.</param>
    /// <param name="options">The seed and the stop strings.</param>
    /// <param name="sample">The number of the continuation, from 0, which is added to the seed.</param>
    /// <param name="ends">The tokens that end the text.</param>
    /// <param name="memory">Keeps a stop string out of the session; null if the session is not used afterwards.</param>
    public Continuation(
        InferenceSession session, Sampler sampler, WritableTokens writable, TokenDecoder decoder, GenerationOptions options, int sample, IReadOnlyList<int> ends, StopMemory? memory)
    {
        _memory = memory;
        _ends = ends;
        (_session, _sampler, _writable, _decoder, _sample) = (session, sampler, writable, decoder, sample);
        _stop = new StopMatcher(options.Stop);
        _random = new RandomStream(unchecked(options.Seed + (ulong)sample));
    }

    /// <summary>Tokens drawn.</summary>
    public long Written { get; private set; }

    /// <summary>The stop string that was found, or null.</summary>
    public string? StoppedBy => _stop.Found;

    /// <summary>The token that ended the text, or null.</summary>
    public int? EndedBy { get; private set; }

    /// <summary>Whether the text has ended, apart from the number of its tokens.</summary>
    public bool HasEnded => StoppedBy is not null || EndedBy is not null;

    /// <summary>Draws the next token.</summary>
    /// <returns>What can be handed out then; without bytes while a stop string may have begun.</returns>
    public GeneratedPiece Next()
    {
        ReadDrawn();
        _token = Draw();
        Written++;
        _bytes.ResetWrittenCount();
        _released.ResetWrittenCount();
        if (_ends.Contains(_token))
        {
            EndedBy = _token;
            return Piece(flush: false);
        }

        _decoder.Append(_token, _bytes);
        _stop.Append(_bytes.WrittenSpan, _released);
        _given += _released.WrittenCount;
        if (StoppedBy is null)
        {
            _memory?.Drawn(_token, _bytes.WrittenSpan, _given);
        }
        else if (_memory is not null)
        {
            _memory.Stopped(_token, _bytes.WrittenSpan, _given);
            _token = -1;
        }

        return Piece(flush: false);
    }

    /// <summary>The session reads the last token drawn, if it has not yet and the token belongs to the text.</summary>
    public void ReadDrawn()
    {
        if (_token >= 0)
        {
            _session.Advance([_token], results: 1);
            _token = -1;
        }
    }

    /// <summary>Ends the text.</summary>
    /// <returns>The buffered rest; its text has U+FFFD for an incomplete character.</returns>
    public GeneratedPiece Complete()
    {
        _released.ResetWrittenCount();
        if (StoppedBy is null)
        {
            _stop.Complete(_released);
        }

        return Piece(flush: true);
    }

    private int Draw()
    {
        try
        {
            Span<float> logits = _session.Logits().Span;
            _writable.Limit(logits);
            int token = _sampler.Next(logits, _random.NextDouble());
            _writable.Accept(token);
            return token;
        }
        catch (ArithmeticException exception)
        {
            throw new NotFiniteException(
                $"after {_session.Tokens} tokens there is no next one to draw: {exception.Message.TrimEnd('.')}; {WeightHealth.Describe(_session.Model)}", exception);
        }
    }

    private GeneratedPiece Piece(bool flush)
    {
        // Also when no character is complete: the decoder remembers its beginning.
        ReadOnlySpan<byte> bytes = _released.WrittenSpan;
        Span<char> characters = stackalloc char[ShortText];
        int max = Encoding.UTF8.GetMaxCharCount(bytes.Length);
        characters = max <= ShortText ? characters : new char[max];
        int count = _utf8.GetChars(bytes, characters, flush);
        return new GeneratedPiece(_sample, bytes.ToArray(), characters[..count].ToString());
    }
}
