namespace TransformerXL.Inference.Watching;

/// <summary>Cuts bytes into lines, and lines that are too long into parts that do not split a character.</summary>
internal sealed class LineBuffer(int maxBytes)
{
    private const byte NewLine = (byte)'\n';
    private const int MaxContinuationBytes = 3;

    private byte[] _bytes = [];
    private int _begin, _end, _taken;
    private bool _isEnd, _lineEnded = true;

    /// <summary>The number of the line taken last, from 1.</summary>
    public long Number { get; private set; }

    /// <summary>Which part of a long line it is, from 0.</summary>
    public int Part { get; private set; }

    /// <summary>The line, or part of one, taken last, with the end of the line.</summary>
    public ReadOnlySpan<byte> Taken => _bytes.AsSpan(_begin - _taken, _taken);

    /// <summary>Adds bytes. All lines must have been taken before, so that no more than one is kept.</summary>
    public void Append(ReadOnlySpan<byte> bytes, bool isEnd)
    {
        int kept = _end - _begin;
        if (_bytes.Length < kept + bytes.Length)
        {
            byte[] larger = new byte[kept + bytes.Length];
            _bytes.AsSpan(_begin, kept).CopyTo(larger);
            _bytes = larger;
        }
        else
        {
            _bytes.AsSpan(_begin, kept).CopyTo(_bytes);
        }

        bytes.CopyTo(_bytes.AsSpan(kept));
        (_begin, _end, _taken, _isEnd) = (0, kept + bytes.Length, 0, isEnd);
    }

    /// <summary>Takes the next line or part, if there is a whole one.</summary>
    public bool TryTake()
    {
        ReadOnlySpan<byte> rest = _bytes.AsSpan(_begin, _end - _begin), first = rest[..Math.Min(rest.Length, maxBytes)];
        int end = first.IndexOf(NewLine), length = end >= 0 ? end + 1 : rest.Length > maxBytes ? Cut(rest) : _isEnd ? rest.Length : 0;
        if (length == 0)
        {
            return false;
        }

        (Number, Part) = _lineEnded ? (Number + 1, 0) : (Number, Part + 1);
        (_begin, _taken, _lineEnded) = (_begin + length, length, end >= 0);
        return true;
    }

    /// <summary>Bytes of the first part of a line that is too long.</summary>
    private int Cut(ReadOnlySpan<byte> rest)
    {
        int length = maxBytes;
        while (length > maxBytes - MaxContinuationBytes && (rest[length] & 0xC0) == 0x80)
        {
            length--;
        }

        return length;
    }
}
