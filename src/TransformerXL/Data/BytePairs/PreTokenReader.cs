namespace TransformerXL.Data.BytePairs;

/// <summary>
/// Cuts text that comes in pieces into special tokens and pre-tokens. What it gives does not depend on the pieces.
/// It holds one block and the pre-token that is not complete, whose length is limited.
/// </summary>
internal sealed class PreTokenReader(SpecialTokenFinder specials, bool addPrefixSpace, int limit)
{
    private const int Block = 1 << 16;

    /// <summary>One byte stays free before the text for a prefix space.</summary>
    private const int Origin = 1;

    private byte[] _buffer = new byte[Block];
    private PreTokenScanner _scanner;
    private int _start = Origin;
    private int _end = Origin;

    /// <summary>No special token begins before this place.</summary>
    private int _plainEnd = Origin;

    /// <summary>The special token that begins there, or -1.</summary>
    private int _special = -1;
    private int _specialLength;
    private bool _atBeginning = true;

    /// <summary>Takes as much of the text as there is room for, at least one byte, and returns how much.</summary>
    public int Fill(ReadOnlySpan<byte> text)
    {
        if (_end == _buffer.Length)
        {
            MakeRoom();
        }
        int taken = Math.Min(text.Length, _buffer.Length - _end);
        text[..taken].CopyTo(_buffer.AsSpan(_end));
        _end += taken;
        return taken;
    }

    /// <summary>Gives the next pre-token, or a special token as its id with an empty pre-token; false if that takes more text.</summary>
    /// <param name="ended">True if no text will follow.</param>
    /// <param name="preToken">Valid until the next <see cref="Fill"/>.</param>
    /// <param name="special">The id of a special token, or -1.</param>
    public bool TryRead(bool ended, out ReadOnlySpan<byte> preToken, out int special)
    {
        preToken = default;
        special = -1;
        if (_special < 0 && _plainEnd < _end)
        {
            _plainEnd += specials.Find(_buffer.AsSpan(_plainEnd, _end - _plainEnd), ended, out _special, out _specialLength);
        }
        if (_start == _plainEnd)
        {
            special = TakeSpecial();
            return special >= 0;
        }
        if (_atBeginning)
        {
            _atBeginning = false;
            AddPrefixSpace();
        }
        bool last = _special >= 0 || (ended && _plainEnd == _end);
        int length = _scanner.Next(_buffer.AsSpan(_start, _plainEnd - _start), last, limit);
        preToken = _buffer.AsSpan(_start, length);
        _start += length;
        return length > 0;
    }

    /// <summary>Makes the reader ready for another text; what was not read is forgotten.</summary>
    public void Reset()
    {
        _start = _end = _plainEnd = Origin;
        _special = -1;
        _atBeginning = true;
        _scanner = default;
    }

    private int TakeSpecial()
    {
        int taken = _special;
        if (taken >= 0)
        {
            _start = _plainEnd += _specialLength;
            _special = -1;
            _atBeginning = true;
        }
        return taken;
    }

    private void AddPrefixSpace()
    {
        if (addPrefixSpace && _buffer[_start] != ' ')
        {
            _buffer[--_start] = (byte)' ';
        }
    }

    private void MakeRoom()
    {
        int held = _end - _start;
        // Moving only when half is free keeps the cost of moving below one copy for each byte.
        byte[] target = held > _buffer.Length / 2 ? new byte[_buffer.Length * 2] : _buffer;
        _buffer.AsSpan(_start, held).CopyTo(target.AsSpan(Origin));
        _buffer = target;
        _plainEnd += Origin - _start;
        _end += Origin - _start;
        _start = Origin;
    }
}
