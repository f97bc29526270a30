using System.Buffers;
using System.Text;
using TransformerXL.Files;

namespace TransformerXL.Text.BytePairs.Splitting;

/// <summary>
/// A regular expression that splits text: each match is a piece, and so is the text between two matches. It is evaluated by an automaton whose
/// size is limited, in time linear in the text; a pattern for which this is impossible is rejected.
/// </summary>
internal sealed class SplitPattern
{
    private readonly CharacterKinds _kinds;
    private readonly int[] _table;
    private readonly int _width;

    private SplitPattern(string text, PatternProgram program)
    {
        Text = text;
        _kinds = program.Kinds;
        _width = _kinds.Count + 1;
        _table = PatternAutomaton.Build(program);
        CoversAll = Enumerable.Range(0, _kinds.Count).All(MatchesAlone);
    }

    /// <summary>The regular expression.</summary>
    public string Text { get; }

    /// <summary>Whether every character begins a match, so that there is no text between matches.</summary>
    public bool CoversAll { get; }

    /// <exception cref="InputException">The pattern has an error or is not supported; the message names it.</exception>
    public static SplitPattern Parse(string text)
    {
        PatternNode node = PatternParser.Parse(text);
        try
        {
            var pattern = new SplitPattern(text, new PatternProgram(node));
            return pattern.MatchesEmptyText() ? throw new InputException("it matches the empty text") : pattern;
        }
        catch (InputException exception)
        {
            throw new InputException($"the pattern '{InputText.Show(text)}' is not supported: {exception.Message}", exception);
        }
    }

    /// <summary>The pattern that matches a text literally.</summary>
    public static string Escape(string text)
    {
        var pattern = new StringBuilder();
        foreach (Rune rune in text.EnumerateRunes())
        {
            bool isPlain = rune.Value >= 0x80 || char.IsAsciiLetterOrDigit((char)rune.Value);
            pattern.Append(isPlain ? rune.ToString() : rune.Value < 0x20 ? $"\\x{rune.Value:X2}" : $"\\{rune}");
        }
        return pattern.ToString();
    }

    /// <summary>
    /// Continues from a state until the match is decided; false if more text is needed.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="ended">Whether nothing follows it.</param>
    /// <param name="limit">The position at which the text is treated as ended.</param>
    /// <param name="state">The state, <see cref="PatternAutomaton.Start"/> at first.</param>
    /// <param name="at">The next position to read.</param>
    /// <param name="last">The end of the longest match that was found; unchanged if none was.</param>
    public bool Read(ReadOnlySpan<byte> text, bool ended, int limit, ref int state, ref int at, ref int last)
    {
        ReadOnlySpan<int> table = _table;
        ReadOnlySpan<byte> ascii = _kinds.Ascii;
        int current = state, place = at;
        while (current != PatternAutomaton.Dead)
        {
            int length = 1, kind;
            if (place >= limit || place == text.Length)
            {
                if (place < limit && !ended)
                {
                    (state, at) = (current, place);
                    return false;
                }
                kind = _width - 1;
            }
            else if (text[place] < 0x80)
            {
                kind = ascii[text[place]];
            }
            else if (!TryKind(text[place..], ended, out kind, out length))
            {
                (state, at) = (current, place);
                return false;
            }
            int entry = table[(current * _width) + kind];
            last = (entry & 1) != 0 ? place : last;
            current = entry >> 1;
            place += current == PatternAutomaton.Dead ? 0 : length;
        }
        (state, at) = (current, place);
        return true;
    }

    /// <summary>The length of the character at the beginning of a text; 0 if it is not complete.</summary>
    public static int LengthOfFirst(ReadOnlySpan<byte> text, bool ended) => Rune.DecodeFromUtf8(text, out _, out int length) switch
    {
        OperationStatus.Done => length,
        OperationStatus.NeedMoreData when !ended => 0,
        _ => 1,
    };

    private bool TryKind(ReadOnlySpan<byte> text, bool ended, out int kind, out int length)
    {
        OperationStatus status = Rune.DecodeFromUtf8(text, out Rune rune, out length);
        if (status == OperationStatus.Done)
        {
            kind = _kinds.Of(rune.Value);
            return true;
        }
        // The bytes after the first are continuation bytes, which would each be invalid too.
        (kind, length) = (_kinds.Invalid, 1);
        return status != OperationStatus.NeedMoreData || ended;
    }

    private bool MatchesEmptyText() => Enumerable.Range(0, _width).Any(kind => (_table[(PatternAutomaton.Start * _width) + kind] & 1) != 0);

    private bool MatchesAlone(int kind)
    {
        int state = _table[(PatternAutomaton.Start * _width) + kind] >> 1;
        return Enumerable.Range(0, _width).All(next => (_table[(state * _width) + next] & 1) != 0);
    }
}
