using TransformerXL.Text.BytePairs.Splitting;

namespace TransformerXL.Text.BytePairs;

/// <summary>
/// Splits UTF-8 by GPT-2's pattern:
/// <c>'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+</c>.
/// It remembers its position, so that a pre-token that arrives in many pieces is scanned once.
/// </summary>
internal sealed class PreTokenScanner : IPreTokenScanner
{
    private CharacterClass _run;
    private int _end;
    private int _last;

    /// <inheritdoc/>
    public int Next(ReadOnlySpan<byte> text, bool ended, int limit)
    {
        if (_run == CharacterClass.None && Begin(text, ended) is > 0 and int whole)
        {
            return whole;
        }
        if (_run == CharacterClass.None)
        {
            return 0;
        }
        int length = Extend(text, ended, limit);
        if (length > 0)
        {
            _run = CharacterClass.None;
        }
        return length;
    }

    /// <inheritdoc/>
    public void Reset() => _run = CharacterClass.None;

    /// <summary>Determines the class of the run; returns a length only for a pre-token that is complete without a run.</summary>
    private int Begin(ReadOnlySpan<byte> text, bool ended)
    {
        if (text.IsEmpty)
        {
            return 0;
        }
        if (text[0] == '\'' && Contraction(text, ended) is var contraction and not 0)
        {
            return Math.Max(contraction, 0);
        }
        int before = text[0] == ' ' ? 1 : 0;
        if (before == text.Length)
        {
            return ended ? 1 : 0;
        }
        CharacterClass run = CharacterClasses.First(text[before..], ended, out int length);
        if (run == CharacterClass.Space)
        {
            // Extend decides by the last space whether the first one belongs to the run or to the word after it.
            length = before == 0 ? length : 0;
        }
        _run = run;
        _end = before + length;
        _last = 0;
        return 0;
    }

    /// <summary>The length of a contraction, 0 if there is none, -1 if that is not certain yet.</summary>
    private static int Contraction(ReadOnlySpan<byte> text, bool ended)
    {
        if (text.Length == 1)
        {
            return ended ? 0 : -1;
        }
        switch (text[1])
        {
            case (byte)'s' or (byte)'t' or (byte)'m' or (byte)'d':
                return 2;
            case (byte)'r' or (byte)'v' or (byte)'l' when text.Length == 2:
                return ended ? 0 : -1;
            case (byte)'r' or (byte)'v':
                return text[2] == 'e' ? 3 : 0;
            case (byte)'l':
                return text[2] == 'l' ? 3 : 0;
            default:
                return 0;
        }
    }

    private int Extend(ReadOnlySpan<byte> text, bool ended, int limit)
    {
        ReadOnlySpan<CharacterClass> ascii = CharacterClasses.Ascii;
        while (_end < limit)
        {
            if (_end >= text.Length)
            {
                return ended ? _end : 0;
            }
            int length = 1;
            byte first = text[_end];
            CharacterClass next = first < ascii.Length ? ascii[first] : CharacterClasses.First(text[_end..], ended, out length);
            if (next != _run)
            {
                return next == CharacterClass.None ? 0 : Close();
            }
            _last = _end;
            _end += length;
        }
        return _end;
    }

    /// <summary>The run ends before a character of another class. The last character of white space belongs to the next pre-token, <c>\s+(?!\S)</c>, unless it is the only one.</summary>
    private int Close() => _run == CharacterClass.Space && _last > 0 ? _last : _end;
}
