namespace TransformerXL.Compression.Mixing.Many;

/// <summary>What the predictor knows of the bytes so far: the last ones, and where they stand in words, sentences, lines, tags and brackets.</summary>
internal sealed class TextHistory
{
    private const int MaxDepth = 64;

    private readonly byte[] _history;
    private readonly ushort[] _followers1 = new ushort[256];
    private readonly uint[] _followers2 = new uint[1 << 16], _followers3 = new uint[1 << 16];
    private readonly ulong[] _tags = new ulong[MaxDepth];
    private readonly uint[] _words = new uint[8];
    private long _lineStart, _aboveStart;
    private int _tagCount;
    private ulong _name;
    private bool _inName;

    public TextHistory(byte[] history) => _history = history;

    /// <summary>The last eight bytes, the newest lowest.</summary>
    public ulong Last { get; private set; }

    /// <summary>The eight bytes before <see cref="Last"/>.</summary>
    public ulong Older { get; private set; }

    /// <summary>The last eight bytes with letters in lower case and digits as 0.</summary>
    public ulong Folded { get; private set; }

    /// <summary>Hash of the word so far, letters folded; 0 between words.</summary>
    public uint Word { get; private set; }

    /// <summary>Hash of the identifier so far, letters as they are; 0 between identifiers.</summary>
    public uint Identifier { get; private set; }

    /// <summary>Hash of the identifier before.</summary>
    public uint LastIdentifier { get; private set; }

    /// <summary>Bytes of the word so far.</summary>
    public int WordLength { get; private set; }

    /// <summary>Hash of the bytes between the last two words.</summary>
    public uint Gap { get; private set; }

    /// <summary>Classes of the last bytes, 4 bits each.</summary>
    public ulong Shape { get; private set; }

    /// <summary>The same, but a run of letters or of digits counts once.</summary>
    public ulong Pattern { get; private set; }

    /// <summary>Bytes of the line so far.</summary>
    public int Column { get; private set; }

    /// <summary>The first byte of the line, or of the last one that is not empty.</summary>
    public int FirstByte { get; private set; }

    /// <summary>Spaces and tabs at the beginning of the line.</summary>
    public int Indent { get; private set; }

    /// <summary>Hash of the first word of the line; 0 if it has none yet.</summary>
    public uint LineWord { get; private set; }

    /// <summary>Hash of the first word of the line above.</summary>
    public uint LastLineWord { get; private set; }

    /// <summary>Hash of the line so far.</summary>
    public uint LineHash { get; private set; }

    /// <summary>Complete words of the line.</summary>
    public int Field { get; private set; }

    /// <summary>Words since the end of the last sentence.</summary>
    public int SentenceWords { get; private set; }

    /// <summary>Bytes so far.</summary>
    public long Position { get; private set; }

    /// <summary>Hash of the open tags, and of the innermost one.</summary>
    public ulong Tag => _tagCount == 0 ? 0 : _tags[(_tagCount - 1) & (MaxDepth - 1)];

    public ulong OuterTag => _tagCount < 2 ? 0 : _tags[(_tagCount - 2) & (MaxDepth - 1)];

    /// <summary>Hash of a word before this one; 0 is the last one.</summary>
    public uint Before(int words) => _words[words];

    public uint Followers1 => _followers1[Last & 0xff];

    public uint Followers2 => _followers2[Last & 0xffff];

    public uint Followers3 => _followers3[Place3];

    private int Place3 => (int)(((uint)(Last & 0xffffff) * 0x9E3779B1u) >> 16);

    /// <summary>The byte in the line above, so many places further.</summary>
    public uint Above(int places)
    {
        long place = _aboveStart + Column + places;
        return place >= _aboveStart && place < _lineStart && Position - place < _history.Length ? _history[(int)place & (_history.Length - 1)] : 0u;
    }

    /// <summary>Takes in a byte, after it is in the history.</summary>
    public void Append(byte value)
    {
        ref ushort f1 = ref _followers1[Last & 0xff];
        f1 = (ushort)((f1 << 8) | value);
        ref uint f2 = ref _followers2[Last & 0xffff];
        f2 = (f2 << 8) | value;
        ref uint f3 = ref _followers3[Place3];
        f3 = (f3 << 8) | value;
        Older = (Older << 8) | (Last >> 56);
        Last = (Last << 8) | value;
        Position++;
        int kind = ByteContexts.Class(value);
        Shape = (Shape << 4) | (uint)kind;
        int group = kind is 2 or 3 ? 2 : kind;
        if ((Pattern & 15) != (uint)group || group is not (2 or 5 or 1))
        {
            Pattern = (Pattern << 4) | (uint)group;
        }

        AppendLetter(value);
        AppendTag(value);
        Column = Math.Min(Column, int.MaxValue - 1) + 1;
        if (value == '\n')
        {
            (_aboveStart, _lineStart, Column, Indent, Field, LastLineWord, LineWord, LineHash) = (_lineStart, Position, 0, 0, 0, LineWord, 0, 0);
        }
        else
        {
            LineHash = (LineHash + value + 1) * 0x2F0B4C47u;
            if (Column == 1)
            {
                FirstByte = value;
            }

            if (value is (byte)' ' or (byte)'\t' && Indent == Column - 1)
            {
                Indent = Column;
            }
        }
    }

    private void AppendLetter(byte value)
    {
        uint letter = value is >= (byte)'A' and <= (byte)'Z' ? value + 32u : value;
        bool isDigit = letter is >= '0' and <= '9', isLetter = letter is >= 'a' and <= 'z' or >= 128;
        Folded = (Folded << 8) | (isDigit ? '0' : letter);
        if (isLetter || isDigit || value == '_')
        {
            Identifier = (Identifier + value + 1) * 0x3D4D51CBu;
        }
        else if (Identifier != 0)
        {
            (LastIdentifier, Identifier) = (Identifier, 0);
        }

        if (isLetter || isDigit)
        {
            if (Word == 0)
            {
                WordLength = 0;
                SentenceWords++;
            }

            Word = (Word + letter + 1) * 0x2F0B4C47u;
            Word += Word == 0 ? 1u : 0;
            WordLength = Math.Min(WordLength, int.MaxValue - 1) + 1;
        }
        else
        {
            if (Word != 0)
            {
                Array.Copy(_words, 0, _words, 1, _words.Length - 1);
                _words[0] = Word;
                LineWord = LineWord == 0 ? Word : LineWord;
                (Word, Gap, WordLength) = (0, 0, 0);
                Field++;
            }

            Gap = (Gap + value + 1) * 0x2F0B4C47u;
            SentenceWords = value is (byte)'.' or (byte)'!' or (byte)'?' ? 0 : SentenceWords;
        }
    }

    private void AppendTag(byte value)
    {
        switch (value)
        {
            case (byte)'<':
                (_inName, _name) = (true, 0);
                break;
            case (byte)'/' when _inName && _name == 0:
                _tagCount = Math.Max(0, _tagCount - 1);
                _inName = false;
                break;
            case (byte)'/':
                break;
            case (byte)'>' when (Last >> 8 & 255) == '/':
                if (!_inName && _tagCount > 0)
                {
                    _tagCount--;
                }

                _inName = false;
                break;
            case (byte)' ' or (byte)'>' or (byte)'\n' when _inName:
                Push(_name);
                _inName = false;
                break;
            case (byte)'(' or (byte)'{' or (byte)'[':
                Push(value + ((ulong)LastIdentifier << 8));
                break;
            case (byte)')' or (byte)'}' or (byte)']':
                _tagCount = Math.Max(0, _tagCount - 1);
                break;
            default:
                _name = _inName ? (_name * 773) + value + 1 : _name;
                break;
        }
    }

    private void Push(ulong value)
    {
        _tags[_tagCount & (MaxDepth - 1)] = value;
        _tagCount++;
    }
}
