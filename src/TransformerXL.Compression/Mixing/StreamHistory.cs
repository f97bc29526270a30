namespace TransformerXL.Compression.Mixing;

/// <summary>What the predictor knows of the bytes so far: the last ones, and where they stand in words and lines.</summary>
internal sealed class StreamHistory
{
    /// <summary>The last eight bytes, the newest lowest.</summary>
    public ulong Last;

    /// <summary>Hashes of the word that is being read and of the words before it.</summary>
    public uint Word, Word1, Word2;

    /// <summary>Hash of the name of the last tag or of the text since the last opening bracket.</summary>
    public uint Tag;

    /// <summary>Bytes since the beginning of the line, and the first byte of the line.</summary>
    public int Column, FirstByte;

    /// <summary>Place in the history of this line and the last one.</summary>
    public long LineStart, AboveStart;

    /// <summary>Bytes so far.</summary>
    public long Position;

    /// <summary>Takes in a byte, after it is in the history.</summary>
    public void Append(byte value)
    {
        Last = (Last << 8) | value;
        Position++;
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
