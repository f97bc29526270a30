namespace TransformerXL.Compression.Mixing;

/// <summary>What the predictor knows of the bytes so far: the last ones, and where they stand in words and lines.</summary>
internal sealed class StreamHistory
{
    /// <summary>The last eight bytes, the newest lowest.</summary>
    public ulong Last;

    /// <summary>Hashes of the word that is being read and of the words before it.</summary>
    public uint Word, Word1, Word2;

    /// <summary>The last bytes, letters and digits as classes, the newest lowest: 4 bits each, then the last byte.</summary>
    public ulong Shape;

    /// <summary>Hash of the name of the last tag or of the text since the last opening bracket.</summary>
    public uint Tag;

    /// <summary>Bytes since the beginning of the line, and the first byte of the line.</summary>
    public int Column, FirstByte;

    /// <summary>Place in the history of this line and the last one.</summary>
    public long LineStart, AboveStart;

    /// <summary>Bytes so far.</summary>
    public long Position;

    private readonly ushort[] _followers1 = new ushort[256], _followers2 = new ushort[1 << 16];

    /// <summary>The two bytes that last followed the last byte, the newest lowest.</summary>
    public uint Followers1 => _followers1[Last & 0xff];

    /// <summary>The two bytes that last followed the last two bytes, the newest lowest.</summary>
    public uint Followers2 => _followers2[Last & 0xffff];

    /// <summary>Takes in a byte, after it is in the history.</summary>
    public void Append(byte value)
    {
        _followers1[Last & 0xff] = (ushort)((_followers1[Last & 0xff] << 8) | value);
        _followers2[Last & 0xffff] = (ushort)((_followers2[Last & 0xffff] << 8) | value);
        Last = (Last << 8) | value;
        Position++;
        Shape = ((Shape & ~255UL) << 4) | ((ulong)ByteContexts.Class((int)(Last >> 8) & 255) << 8) | value;
        uint letter = value is >= (byte)'A' and <= (byte)'Z' ? value + 32u : value;
        if (letter is >= 'a' and <= 'z' or >= 128 or >= '0' and <= '9')
        {
            Word = (Word + letter + 1) * 0x2F0B4C47u;
        }
        else if (Word != 0)
        {
            (Word2, Word1, Word) = (Word1, Word, 0);
        }

        if (value is (byte)'<' or (byte)'{' or (byte)'(')
        {
            Tag = value;
        }
        else if ((Tag & 0x80000000) == 0)
        {
            Tag = value is (byte)' ' or (byte)'>' or (byte)'\n' ? Tag | 0x80000000 : (Tag * 773 + value) & 0x7fffffff;
        }

        Column++;
        if (value == '\n')
        {
            (AboveStart, LineStart, Column) = (LineStart, Position, 0);
        }
        else if (Column == 1)
        {
            FirstByte = value;
        }
    }
}
