using TransformerXL.Files;

namespace TransformerXL.Text.BytePairs.Splitting;

/// <summary>Finds the ends of the pieces of one <see cref="SplitPattern"/> in text that comes in pieces.</summary>
internal sealed class PatternSplitter(SplitPattern pattern)
{
    /// <summary>
    /// Bytes that may be read in vain: a fixed number, and so many for each byte of a piece. A pattern for which text is read again and again would
    /// take time that grows with its square.
    /// </summary>
    private const long VainBytes = 1 << 22, VainPerByte = 32;

    private int _state = PatternAutomaton.Start;
    private int _at;
    private int _last;

    /// <summary>Where the current attempt to match began; what is before it matches nowhere.</summary>
    private int _begin;
    private long _cut;
    private long _vain;

    /// <summary>Bytes at the beginning of the text that certainly belong to the piece.</summary>
    public int Known { get; private set; }

    /// <summary>Whether the piece ends behind the known bytes.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Looks for the end of the piece at the beginning of a text that grew.</summary>
    /// <param name="text">What follows the bytes that were taken.</param>
    /// <param name="ended">Whether nothing follows it.</param>
    /// <param name="limit">A longer piece is cut behind the character that reaches this number of bytes.</param>
    /// <exception cref="InputException">The pattern would take time that grows with the square of the text.</exception>
    public void Extend(ReadOnlySpan<byte> text, bool ended, int limit)
    {
        while (!IsClosed && _begin < text.Length)
        {
            if (!pattern.Read(text, ended, _begin + limit, ref _state, ref _at, ref _last))
            {
                Known = _begin;
                return;
            }
            Charge(_at - Math.Max(_last, _begin));
            if (_last > _begin)
            {
                Close(_begin > 0 ? _begin : _last);
                return;
            }
            int length = SplitPattern.LengthOfFirst(text[_begin..], ended);
            Begin(_begin + Math.Max(length, 1));
            if (_begin >= limit || (ended && _begin == text.Length))
            {
                Close(_begin);
                return;
            }
        }
        if (!IsClosed && ended && _begin > 0)
        {
            Close(_begin);
        }
        Known = IsClosed ? Known : _begin;
    }

    /// <summary>Takes bytes of the piece away from the beginning of the text.</summary>
    public void Take(int length)
    {
        _cut += length;
        Known -= length;
        if (IsClosed && Known == 0)
        {
            IsClosed = false;
            Begin(0);
            return;
        }
        (_begin, _at, _last) = (_begin - length, _at - length, _last - length);
    }

    public void Reset()
    {
        (Known, IsClosed) = (0, false);
        Begin(0);
    }

    private void Close(int length) => (Known, IsClosed) = (length, true);

    private void Begin(int place) => (_state, _begin, _at, _last) = (PatternAutomaton.Start, place, place, place);

    private void Charge(int vain)
    {
        _vain += vain;
        if (_vain > VainBytes + (VainPerByte * _cut))
        {
            throw new InputException($"the tokenizer's pattern '{InputText.Show(pattern.Text)}' reads this text again and again ({_vain} bytes in vain for {_cut} bytes cut), which would take time that grows with its square");
        }
    }
}
