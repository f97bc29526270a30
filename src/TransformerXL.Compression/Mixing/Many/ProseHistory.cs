using System.Numerics;

namespace TransformerXL.Compression.Mixing.Many;

/// <summary>
/// What the predictor knows of a text as prose: its words, with stems and with what followed them before, clauses and phrases, the letters of a word by kind, and how long ago capitals, punctuation and
/// line breaks were. Letters are folded to lower case.
/// </summary>
internal sealed class ProseHistory
{
    private const int PlaceBits = 16, FollowerBits = 18, MaxDistance = 255, PhraseWords = 5, Words = 4;

    private readonly uint[] _words = new uint[Words], _stems = new uint[2], _phrase = new uint[PhraseWords];
    private readonly uint[] _places = new uint[1 << PlaceBits], _following = new uint[1 << FollowerBits], _followingBefore = new uint[1 << FollowerBits], _followingPair = new uint[1 << FollowerBits];
    private readonly ushort[] _placeChecks = new ushort[1 << PlaceBits], _tokenFollowers = new ushort[1 << FollowerBits];
    private readonly long[] _lastPlaces = new long[256];
    private readonly WordStem _stem = new();
    private uint _plain, _plainBefore, _lastPlain, _gap, _token;
    private long _position;
    private int _previousByte, _plainLength;

    /// <summary>Hash of the word so far, of letters, apostrophes and hyphens; 0 between words.</summary>
    public uint Word { get; private set; }

    /// <summary>The word so far, or the last one between words.</summary>
    public uint CurrentWord => Word != 0 ? Word : _words[0];

    /// <summary>Hash of the stem of the last word (0) or of the one before it (1).</summary>
    public uint Stem(int words) => _stems[words];

    /// <summary>Hash of a word before this one; 0 is the last one.</summary>
    public uint Before(int words) => _words[words];

    /// <summary>Letters of the word so far.</summary>
    public int WordLength { get; private set; }

    /// <summary>Letters of the last word.</summary>
    public int LastWordLength { get; private set; }

    /// <summary>The first letter of the word so far, or of the last one.</summary>
    public uint FirstLetter { get; private set; }

    /// <summary>The first letter of the word before that one.</summary>
    public uint PreviousFirstLetter { get; private set; }

    /// <summary>The last letter of the last word.</summary>
    public uint LastLetter { get; private set; }

    /// <summary>The last four letters of the word so far.</summary>
    public uint Letters { get; private set; }

    /// <summary>How many letters in a row there are so far.</summary>
    public int LetterCount { get; private set; }

    /// <summary>Kinds of the last bytes of the word, or of what stands between words, 4 bits each: e, another vowel, y, a consonant, ends of sentences, pauses.</summary>
    public uint Kinds { get; private set; }

    /// <summary>How long ago the word so far was last a whole word, as a logarithm; 0 if it was none.</summary>
    public uint Distance
    {
        get
        {
            uint hash = _plain * 0x9E3779B1u;
            int place = (int)(hash >> (32 - PlaceBits));
            return _plain == 0 || _placeChecks[place] != (ushort)hash ? 0 : Math.Min((uint)BitOperations.Log2((uint)_position - _places[place] + 8), 20) + 1;
        }
    }

    /// <summary>The length of the word so far, up to 6, and whether it was a whole word before.</summary>
    public uint Form => ((uint)Math.Min(_plain == 0 ? 0 : _plainLength, 6) << 1) | (Distance != 0 ? 1u : 0);

    /// <summary>Hash of a word of the phrase, of words with single spaces between them; 0 is the word so far. Hashes before the beginning of the phrase are 0.</summary>
    public uint Phrase(int words) => _phrase[words];

    /// <summary>Hash of the last word before a colon or an equals sign.</summary>
    public uint Topic { get; private set; }

    /// <summary>The last bytes by group, 8 bits each: letters as one of two, digits as one.</summary>
    public ulong Groups { get; private set; }

    /// <summary>The upper halves of the last bytes, 4 bits each.</summary>
    public uint UpperHalves { get; private set; }

    /// <summary>The last bytes as other bytes, letters, punctuation or spaces, 2 bits each.</summary>
    public uint Marks { get; private set; }

    /// <summary>Classes of the last bytes, 3 bits each.</summary>
    public uint Classes { get; private set; }

    /// <summary>The two bytes that last followed the word so far, or what stands between words.</summary>
    public uint TokenFollowers => _tokenFollowers[Slot(_token, FollowerBits)];

    /// <summary>The words that last followed the last word, and the last two words.</summary>
    public uint Following => _following[Slot(_lastPlain, FollowerBits)];

    public uint FollowingBefore => _followingBefore[Slot(_lastPlain, FollowerBits)];

    public uint FollowingPair => _followingPair[Slot(_lastPlain + (_plainBefore * 31), FollowerBits)];

    /// <summary>Hash of the stem of the first word of the clause, 0 if it has none yet, and of the clause before.</summary>
    public uint ClauseStem { get; private set; }

    public uint LastClauseStem { get; private set; }

    /// <summary>Words of the clause.</summary>
    public int ClauseWords { get; private set; }

    /// <summary>Bytes since the last capital, letter and punctuation mark, at most 255.</summary>
    public int SinceCapital { get; private set; } = MaxDistance;

    public int SinceLetter { get; private set; } = MaxDistance;

    public int SincePunctuation { get; private set; } = MaxDistance;

    /// <summary>Bytes of the line so far, at most 255, and of the line before.</summary>
    public int Column { get; private set; }

    public int LineLength { get; private set; }

    /// <summary>Bytes between the last two words.</summary>
    public int Gap { get; private set; }

    /// <summary>Which of the last bytes were capitals, and which spaces, a bit each.</summary>
    public uint Capitals { get; private set; }

    public uint Spaces { get; private set; }

    /// <summary>Which punctuation mark was before which, a bit each for a comma after each of the others.</summary>
    public uint Punctuation { get; private set; }

    /// <summary>Hash of the open brackets.</summary>
    public uint Brackets { get; private set; }

    /// <summary>Hash of the word, or of what stands after one.</summary>
    public uint Place { get; private set; }

    /// <summary>Takes in a byte.</summary>
    public void Append(byte value)
    {
        uint letter = value is >= (byte)'A' and <= (byte)'Z' ? value + 32u : value;
        bool isLetter = letter is >= 'a' and <= 'z' or >= 128, isDigit = letter is >= '0' and <= '9';
        Count(value, letter != value);
        AppendGroups(value, isLetter, isDigit);
        AppendPlain(value, letter, isLetter, isDigit);
        AppendPhrase(value, letter, isLetter);
        if (isLetter || value is (byte)'\'' or (byte)'-')
        {
            AppendToWord(letter);
        }
        else
        {
            EndWord(letter);
        }

        _position++;
        _previousByte = value;
    }

    private void Count(byte value, bool isCapital)
    {
        SinceCapital = isCapital ? 0 : Math.Min(SinceCapital + 1, MaxDistance);
        SinceLetter = Math.Min(SinceLetter + 1, MaxDistance);
        SincePunctuation = Math.Min(SincePunctuation + 1, MaxDistance);
        Column = Math.Min(Column + 1, MaxDistance);
        Capitals = (Capitals << 1) | (isCapital ? 1u : 0);
        Spaces <<= 1;
        Marks <<= 2;
        _lastPlaces[value] = _position;
        if (value is (byte)',' or (byte)'.' or (byte)'!' or (byte)'?' or (byte)':' or (byte)';')
        {
            long comma = _lastPlaces[','];
            Punctuation = (comma > _lastPlaces['.'] ? 1u : 0) | (comma > _lastPlaces['!'] ? 2u : 0) | (comma > _lastPlaces['?'] ? 4u : 0) | (comma > _lastPlaces[':'] ? 8u : 0) | (comma > _lastPlaces[';'] ? 16u : 0);
        }
    }

    private void AppendGroups(byte value, bool isLetter, bool isDigit)
    {
        uint group = isDigit ? '0'
            : value >= 128 ? ((value & 0xc0) == 0x80 ? 4u : 1)
            : isLetter ? (value >= (byte)'a' ? 'a' : 'A')
            : value < 32 && value != (byte)'\n' ? 6u : value;
        Groups = (Groups << 8) | group;
        UpperHalves = (UpperHalves << 4) | (value == (byte)' ' ? 0u : (uint)(value >> 4));
        uint kind = value >= 128 ? 7 : isLetter ? 1u : value is (byte)' ' or (byte)'\n' or (byte)'\t' or (byte)'\r' ? 3 : isDigit ? 6u : value < 32 ? 5 : value < 64 ? 2u : 4;
        Classes = (Classes << 3) | kind;
    }

    /// <summary>Words of letters and digits, and what stands between them.</summary>
    private void AppendPlain(byte value, uint letter, bool isLetter, bool isDigit)
    {
        ref ushort followers = ref _tokenFollowers[Slot(_token, FollowerBits)];
        followers = (ushort)(((uint)followers << 8) | letter);
        if (isLetter || isDigit)
        {
            uint kind = letter switch { 'e' => 1, 'a' or 'i' or 'o' or 'u' => 2, 'y' => 3, >= 128 => 4, <= '9' => 5, _ => 6 };
            Kinds = ((_plain == 0 ? 0 : Kinds) << 4) | kind;
            _plainLength = _plain == 0 ? 1 : _plainLength + 1;
            _plain = Hash(_plain, letter);
            _token = _plain;
            return;
        }

        if (_plain != 0)
        {
            uint hash = _plain * 0x9E3779B1u;
            int place = (int)(hash >> (32 - PlaceBits)), slot = Slot(_lastPlain, FollowerBits);
            (_placeChecks[place], _places[place]) = ((ushort)hash, (uint)_position);
            (_followingBefore[slot], _following[slot]) = (_following[slot], _plain);
            _followingPair[Slot(_lastPlain + (_plainBefore * 31), FollowerBits)] = _plain;
            Topic = value is (byte)':' or (byte)'=' ? _plain : Topic;
            (_plainBefore, _lastPlain, _plain, _gap, Kinds) = (_lastPlain, _plain, 0, 0, 0);
        }

        uint mark = (char)value switch { '.' or '!' or '?' => 7, ',' or ';' or ':' => 8, '(' => 9, '\'' or '"' => 10, ' ' => 11, '\n' => 12, _ => 13 };
        Kinds = (Kinds << 4) | mark;
        _gap = Hash(_gap, value);
        _token = _gap;
    }

    private void AppendPhrase(byte value, uint letter, bool isLetter)
    {
        if (isLetter)
        {
            Letters = (Letters << 8) | letter;
            LetterCount = Math.Min(LetterCount + 1, MaxDistance);
            _phrase[0] = Hash(_phrase[0], letter);
            return;
        }

        (Letters, LetterCount) = (0, 0);
        bool isSpace = value is (byte)' ' or (byte)'\n', wasSpace = _previousByte is ' ' or '\n';
        bool isQuote = value is (byte)'\'' or (byte)'"';
        if (isSpace && (_previousByte is '\'' or '"' or >= 128 || char.IsAsciiLetter((char)_previousByte)))
        {
            Array.Copy(_phrase, 0, _phrase, 1, PhraseWords - 1);
            _phrase[0] = 0;
        }
        else if (!isQuote && !(isSpace && wasSpace && value != _previousByte))
        {
            Array.Clear(_phrase);
        }
    }

    private void AppendToWord(uint letter)
    {
        if (Word == 0)
        {
            Gap = SinceLetter;
            (PreviousFirstLetter, FirstLetter, WordLength) = (FirstLetter, letter, 0);
            _stem.Clear();
        }

        SinceLetter = 0;
        WordLength = Math.Min(WordLength + 1, MaxDistance);
        Marks++;
        Word = Hash(Word, letter);
        _stem.Append((byte)letter);
        Place = Word;
    }

    private void EndWord(uint value)
    {
        if (Word != 0)
        {
            Array.Copy(_words, 0, _words, 1, Words - 1);
            (_words[0], _stems[1], _stems[0]) = (Word, _stems[0], _stem.Hash());
            LastLetter = _stem.LastLetter;
            ClauseStem = ClauseWords == 0 ? _stems[0] : ClauseStem;
            ClauseWords++;
            (LastWordLength, WordLength, Word) = (WordLength, 0, 0);
        }

        uint line = Column * 3 > LineLength ? (uint)BitOperations.Log2((uint)Column + 1) + 1 : 0;
        Place = ((_words[0] * 31) + value + (line * 977) + ((Marks & 0xfc) * 0x1235u)) * 0x9E3779B1u;
        switch ((char)value)
        {
            case '.' or '!' or '?' or ',' or ';' or ':':
                Place = value == ',' ? (line * 2) + (SinceCapital < SinceLetter + LastWordLength ? 1u : 0) : Place;
                SincePunctuation = 0;
                Marks += 2;
                (LastClauseStem, ClauseStem, ClauseWords) = (ClauseStem, 0, 0);
                break;
            case '\n':
                (LineLength, Column) = (Column, 0);
                Spaces |= 1;
                Marks += 3;
                break;
            case ' ' or '\t' or '\r':
                Spaces |= 1;
                Marks += 3;
                break;
            case '(' or '[' or '{' or '<':
                Brackets += value * 31;
                break;
            case ')' or ']' or '}' or '>':
                Brackets -= (value - (value == ')' ? 1u : 2)) * 31;
                break;
            default:
                break;
        }
    }

    private static int Slot(uint hash, int bits) => (int)((hash * 0x9E3779B1u) >> (32 - bits));

    /// <summary>The hash of a word and one more byte, never 0.</summary>
    private static uint Hash(uint hash, uint value)
    {
        hash = (hash + value + 1) * 0x2F0B4C47u;
        return hash == 0 ? 1 : hash;
    }
}
