using System.Text;

namespace TransformerXL.Inference.Sampling;

/// <summary>
/// Finds stop strings in streamed text, also across the borders of its pieces. Text that may yet turn out to begin a
/// stop string is held back, so that no part of one is ever handed out. The stop string that is complete first wins,
/// of several that end together the longest; how the text is cut into pieces makes no difference. Strings are compared
/// by code units (ordinal). Memory is bounded by the longest stop string and piece.
/// </summary>
public sealed class StopMatcher
{
    private readonly string[] _stops;
    private readonly int[][] _failures;
    private readonly int[] _matched;
    private readonly StringBuilder _held = new();

    /// <summary>Creates a matcher that has seen no text.</summary>
    /// <param name="stops">The strings to stop at; none is fine.</param>
    /// <exception cref="InputException">A stop string is empty.</exception>
    public StopMatcher(IEnumerable<string> stops)
    {
        ArgumentNullException.ThrowIfNull(stops);
        _stops = [.. stops];
        if (Array.Exists(_stops, string.IsNullOrEmpty))
        {
            throw new InputException("A stop string is empty; it needs at least one character.");
        }

        _failures = [.. _stops.Select(Failures)];
        _matched = new int[_stops.Length];
    }

    /// <summary>The stop string that was found, or null.</summary>
    public string? Found { get; private set; }

    /// <summary>Takes the next piece of text and returns what can be handed out; nothing more once a stop string was found.</summary>
    public string Append(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (Found is not null)
        {
            return "";
        }

        foreach (char symbol in text)
        {
            _held.Append(symbol);
            if (Advance(symbol) is { } stop)
            {
                Found = stop;
                string before = _held.ToString(0, _held.Length - stop.Length);
                _held.Clear();
                return before;
            }
        }

        int safe = _held.Length - _matched.DefaultIfEmpty().Max();
        string released = _held.ToString(0, safe);
        _held.Remove(0, safe);
        return released;
    }

    /// <summary>At the end of the text: returns what was held back, which began no stop string after all.</summary>
    public string Complete()
    {
        string rest = _held.ToString();
        Reset();
        return rest;
    }

    /// <summary>Forgets all text seen and the stop string found.</summary>
    public void Clear()
    {
        Reset();
        Found = null;
    }

    private void Reset()
    {
        _held.Clear();
        Array.Clear(_matched);
    }

    /// <summary>Advances the automaton of each stop string (Knuth, Morris and Pratt 1977); returns the longest now complete.</summary>
    private string? Advance(char symbol)
    {
        string? complete = null;
        for (int s = 0; s < _stops.Length; s++)
        {
            string stop = _stops[s];
            int matched = _matched[s];
            while (matched > 0 && stop[matched] != symbol)
            {
                matched = _failures[s][matched - 1];
            }

            matched += stop[matched] == symbol ? 1 : 0;
            _matched[s] = matched;
            if (matched == stop.Length && stop.Length > (complete?.Length ?? 0))
            {
                complete = stop;
            }
        }

        return complete;
    }

    /// <summary>For each length of a beginning of <paramref name="stop"/>, the longest shorter beginning that also ends it.</summary>
    private static int[] Failures(string stop)
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
