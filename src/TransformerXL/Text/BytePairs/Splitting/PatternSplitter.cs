using TransformerXL.Files;

namespace TransformerXL.Text.BytePairs.Splitting;

/// <summary>Finds the ends of the pieces of one <see cref="SplitPattern"/> in streamed text.</summary>
internal sealed class PatternSplitter(SplitPattern pattern)
{
    /// <summary>
    /// Maximum number of bytes that may be read again: a fixed number, plus a number per byte of the pieces. A pattern that rereads text repeatedly would
    /// take quadratic time.
    /// </summary>
    private const long VainBytes = 1 << 22, VainPerByte = 32;

    private int _state = PatternAutomaton.Start;
    private int _at;
    private int _last;

    /// <summary>The start of the current attempt to match; text before it does not match.</summary>
    private int _begin;
    private long _cut;
    private long _vain;

    /// <summary>Number of bytes at the beginning of the text that certainly belong to the piece.</summary>
    public int Known { get; private set; }

    /// <summary>Whether the piece ends after the known bytes.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Searches the end of the piece in a text that has grown.</summary>
    /// <param name="text">The text after the bytes that were removed.</param>
    /// <param name="ended">Whether nothing follows it.</param>
    /// <param name="limit">A longer piece is split after the character that reaches this number of bytes.</param>
    /// <exception cref="InputException">The pattern would take time quadratic in the length of the text.</exception>
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

    /// <summary>Removes bytes of the piece from the beginning of the text.</summary>
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
            throw new InputException($"the tokenizer's pattern '{InputText.Show(pattern.Text)}' rereads this text too often ({_vain} bytes reread for {_cut} bytes split), which would take quadratic time");
        }
    }
}
