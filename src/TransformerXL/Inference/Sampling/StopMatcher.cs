using System.Buffers;
using System.Text;

namespace TransformerXL.Inference.Sampling;

/// <summary>
/// Finds stop strings in streamed text, also across the borders of its pieces. Text that may yet turn out to begin a
/// stop string is held back, so that no part of one is ever handed out. The stop string that is complete first wins,
/// of several that end together the longest; how the text is cut into pieces makes no difference. Text is compared byte by byte as UTF-8,
/// so that bytes which form no character pass unchanged; U+FFFD in a stop string stands for that character alone, not for bytes that are shown as it. Memory is bounded by the longest stop string and piece.
/// </summary>
public sealed class StopMatcher
{
    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly string[] _stops;
    private readonly byte[][] _bytes;
    private readonly int[][] _failures;
    private readonly int[] _matched;
    private readonly ArrayBufferWriter<byte> _held = new();

    /// <summary>Creates a matcher that has seen no text.</summary>
    /// <param name="stops">The strings to stop at; none is fine.</param>
    /// <exception cref="InputException">A stop string is empty, or holds half of a surrogate pair.</exception>
    public StopMatcher(IEnumerable<string> stops)
    {
        ArgumentNullException.ThrowIfNull(stops);
        _stops = [.. stops];
        _bytes = [.. _stops.Select(ToUtf8)];
        _failures = [.. _bytes.Select(Failures)];
        _matched = new int[_stops.Length];
    }

    /// <summary>The stop string that was found, or null.</summary>
    public string? Found { get; private set; }

    /// <summary>Takes the next piece of text and hands out what no stop string can begin in; nothing more once one was found.</summary>
    /// <param name="utf8">The piece; it may end inside a character.</param>
    /// <param name="released">Takes what is handed out.</param>
    public void Append(ReadOnlySpan<byte> utf8, IBufferWriter<byte> released)
    {
        ArgumentNullException.ThrowIfNull(released);
        if (Found is not null)
        {
            return;
        }

        for (int i = 0; i < utf8.Length; i++)
        {
            if (Advance(utf8[i]) is { } stop)
            {
                Found = _stops[stop];
                _held.Write(utf8[..(i + 1)]);
                released.Write(_held.WrittenSpan[..^_bytes[stop].Length]);
                Reset();
                return;
            }
        }

        _held.Write(utf8);
        Release(_held.WrittenCount - _matched.DefaultIfEmpty().Max(), released);
    }

    /// <summary>At the end of the text: hands out what was held back, which began no stop string after all.</summary>
    /// <param name="released">Takes what is handed out.</param>
    public void Complete(IBufferWriter<byte> released)
    {
        ArgumentNullException.ThrowIfNull(released);
        released.Write(_held.WrittenSpan);
        Reset();
    }

    /// <summary>Forgets all text seen and the stop string found.</summary>
    public void Clear()
    {
        Reset();
        Found = null;
    }

    private void Reset()
    {
        _held.ResetWrittenCount();
        Array.Clear(_matched);
    }

    private void Release(int count, IBufferWriter<byte> released)
    {
        released.Write(_held.WrittenSpan[..count]);
        byte[] rest = _held.WrittenSpan[count..].ToArray();
        _held.ResetWrittenCount();
        _held.Write(rest);
    }

    /// <summary>Advances the automaton of each stop string (Knuth, Morris and Pratt 1977); returns the longest now complete.</summary>
    private int? Advance(byte value)
    {
        int? complete = null;
        for (int s = 0; s < _stops.Length; s++)
        {
            byte[] stop = _bytes[s];
            int matched = _matched[s];
            while (matched > 0 && stop[matched] != value)
            {
                matched = _failures[s][matched - 1];
            }

            matched += stop[matched] == value ? 1 : 0;
            _matched[s] = matched;
            if (matched == stop.Length && (complete is not { } found || stop.Length > _bytes[found].Length))
            {
                complete = s;
            }
        }

        return complete;
    }

    private static byte[] ToUtf8(string stop)
    {
        if (string.IsNullOrEmpty(stop))
        {
            throw new InputException("A stop string is empty; it needs at least one character");
        }

        try
        {
            return s_strict.GetBytes(stop);
        }
        catch (EncoderFallbackException exception)
        {
            throw new InputException($"A stop string holds half of a surrogate pair at index {exception.Index}, which no text holds", exception);
        }
    }

    /// <summary>For each length of a beginning of <paramref name="stop"/>, the longest shorter beginning that also ends it.</summary>
    private static int[] Failures(byte[] stop)
    {
        int[] failures = new int[stop.Length];
        for (int i = 1, matched = 0; i < stop.Length; i++)
        {
            while (matched > 0 && stop[i] != stop[matched])
            {
                matched = failures[matched - 1];
            }

            matched += stop[i] == stop[matched] ? 1 : 0;
            failures[i] = matched;
        }

        return failures;
    }
}
