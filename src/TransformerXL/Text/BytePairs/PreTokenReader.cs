using TransformerXL.Text.BytePairs.Splitting;

namespace TransformerXL.Text.BytePairs;

/// <summary>
/// Splits streamed text into pre-tokens. The result does not depend on the pieces.
/// It buffers one block and an incomplete pre-token of limited length.
/// </summary>
internal sealed class PreTokenReader(IPreTokenScanner scanner, bool addPrefixSpace, int limit)
{
    private const int Block = 1 << 16;

    /// <summary>One byte stays free before the text for a prefix space.</summary>
    private const int Origin = 1;

    private byte[] _buffer = new byte[Block];
    private int _start = Origin;
    private int _end = Origin;
    private bool _atBeginning = true;

    /// <summary>Copies as much of the text as fits, at least one byte, and returns the number of bytes.</summary>
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

    /// <summary>Returns the next pre-token; false if more text is needed.</summary>
    /// <param name="ended">True if no text will follow.</param>
    /// <param name="preToken">Valid until the next <see cref="Fill"/>.</param>
    public bool TryRead(bool ended, out ReadOnlySpan<byte> preToken)
    {
        if (_atBeginning && _start < _end)
        {
            _atBeginning = false;
            AddPrefixSpace();
        }
        int length = _start < _end ? scanner.Next(_buffer.AsSpan(_start, _end - _start), ended, limit) : 0;
        preToken = _buffer.AsSpan(_start, length);
        _start += length;
        return length > 0;
    }

    /// <summary>Resets the reader for another text and drops unread bytes.</summary>
    public void Reset()
    {
        _start = _end = Origin;
        _atBeginning = true;
        scanner.Reset();
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
        // Moving only when half is free keeps the cost of moving below one copy per byte.
        byte[] target = held > _buffer.Length / 2 ? new byte[_buffer.Length * 2] : _buffer;
        _buffer.AsSpan(_start, held).CopyTo(target.AsSpan(Origin));
        _buffer = target;
        _end += Origin - _start;
        _start = Origin;
    }
}
