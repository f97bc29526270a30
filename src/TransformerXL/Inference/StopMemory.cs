using System.Buffers;
using TransformerXL.Text;

namespace TransformerXL.Inference;

/// <summary>
/// Keeps a stop string out of a session that goes on after the text. While the last tokens may begin a stop string, a copy of the session's state from before
/// them is kept; when the stop string is complete, the session goes back to it and reads the tokens that were handed out.
/// </summary>
/// <remarks>A memory of a Transformer-XL cannot be shortened: the rows that a token pushed out are gone. Therefore it takes a copy.</remarks>
/// <param name="session">Has read every token but the one that was drawn last.</param>
/// <param name="vocabulary">Encodes what was handed out of a token whose end belongs to the stop string.</param>
/// <param name="copy">Copies the session.</param>
/// <param name="release">Takes back a copy.</param>
internal sealed class StopMemory(InferenceSession session, Vocabulary vocabulary, Func<InferenceSession, InferenceSession> copy, Action<InferenceSession> release)
{
    /// <summary>A copy this many tokens old is replaced by a newer one as soon as all tokens before that one were handed out.</summary>
    internal const int Interval = 64;

    /// <summary>Tokens that <see cref="_copy"/> has not read, with their bytes and the place of these in the text.</summary>
    private readonly List<(int Id, byte[] Bytes, long Begin)> _tokens = [];
    private InferenceSession? _copy, _newer;
    private int _newerAt;
    private long _end;

    /// <summary>How many copies are kept: 0 while all of the text was handed out, at most 2.</summary>
    public int Copies => (_copy is null ? 0 : 1) + (_newer is null ? 0 : 1);

    /// <summary>Notes a token that was drawn, which the session has not read yet and which completes no stop string.</summary>
    /// <param name="id">The token.</param>
    /// <param name="bytes">Its text.</param>
    /// <param name="given">Bytes of the text that were handed out so far.</param>
    public void Drawn(int id, ReadOnlySpan<byte> bytes, long given)
    {
        long begin = _end;
        _end += bytes.Length;
        if (given >= _end)
        {
            Clear();
            return;
        }

        _tokens.Add((id, bytes.ToArray(), begin));
        _copy ??= copy(session);
        if (_newer is not null && given >= _tokens[_newerAt].Begin)
        {
            release(_copy);
            (_copy, _newer) = (_newer, null);
            _tokens.RemoveRange(0, _newerAt);
        }

        if (_newer is null && _tokens.Count > Interval)
        {
            (_newer, _newerAt) = (copy(session), _tokens.Count - 1);
        }
    }

    /// <summary>Notes the token that completes a stop string. Then the session remembers what was handed out of the text, and nothing else.</summary>
    /// <inheritdoc cref="Drawn" path="/param"/>
    public void Stopped(int id, ReadOnlySpan<byte> bytes, long given)
    {
        _tokens.Add((id, bytes.ToArray(), _end));
        if (_copy is not null)
        {
            session.Assign(_copy);
        }

        foreach ((int token, byte[] text, long begin) in _tokens)
        {
            int handedOut = (int)Math.Clamp(given - begin, 0, text.Length);
            foreach (int read in handedOut == text.Length ? [token] : Encode(text.AsSpan(0, handedOut)))
            {
                session.Advance([read], results: 1);
            }

            if (handedOut < text.Length)
            {
                break;
            }
        }

        Clear();
    }

    /// <summary>Gives the copies back.</summary>
    public void Clear()
    {
        foreach (InferenceSession old in new[] { _copy, _newer }.OfType<InferenceSession>())
        {
            release(old);
        }

        (_copy, _newer) = (null, null);
        _tokens.Clear();
    }

    /// <summary>The tokens of a part of a token's text; none where the vocabulary cannot write it.</summary>
    private int[] Encode(ReadOnlySpan<byte> utf8)
    {
        TokenEncoder encoder = vocabulary.ReadingSpecialTokensAsText().CreatePromptEncoder();
        ArrayBufferWriter<int> tokens = new();
        try
        {
            encoder.Append(utf8, tokens);
            encoder.Complete(tokens);
        }
        catch (InputException)
        {
            // The part begins inside a character, whose first bytes belong to an earlier token.
            return [];
        }

        return encoder.Unknown == 0 ? tokens.WrittenSpan.ToArray() : [];
    }
}
