namespace TransformerXL.Compression.Mixing.Many;

/// <summary>The stem of a word: its letters without the endings of English that most words share, so that forms of a word have one hash.</summary>
internal sealed class WordStem
{
    private const int MaxLetters = 60;

    private static readonly byte[][] s_endings = ["ingly"u8.ToArray(), "edly"u8.ToArray(), "ing"u8.ToArray(), "ed"u8.ToArray(), "ly"u8.ToArray(), "ment"u8.ToArray(), "ness"u8.ToArray(), "eth"u8.ToArray(), "est"u8.ToArray(), "er"u8.ToArray()];

    private readonly byte[] _letters = new byte[MaxLetters];
    private int _length;

    /// <summary>The last letter.</summary>
    public uint LastLetter => _length == 0 ? 0u : _letters[_length - 1];

    /// <summary>Begins a word.</summary>
    public void Clear() => _length = 0;

    /// <summary>Takes in a letter in lower case. Letters after the first 60 are ignored.</summary>
    public void Append(byte letter)
    {
        if (_length < MaxLetters)
        {
            _letters[_length++] = letter;
        }
    }

    /// <summary>The hash of the stem.</summary>
    public uint Hash()
    {
        ReadOnlySpan<byte> word = _letters.AsSpan(0, _length);
        word = Without(word, "'s"u8);
        word = EndsIn(word, "ies"u8) || EndsIn(word, "es"u8) ? word[..^2] : EndsIn(word, "ss"u8) ? word : Without(word, "s"u8);
        foreach (byte[] ending in s_endings)
        {
            if (EndsIn(word, ending))
            {
                word = word[..^ending.Length];
                break;
            }
        }

        word = EndsIn(word, "e"u8) || EndsIn(word, "y"u8) || EndsIn(word, "i"u8) ? word[..^1] : word;
        uint hash = 7;
        foreach (byte letter in word)
        {
            hash = (hash + letter + 1) * 0x2F0B4C47u;
        }

        return hash;
    }

    private static ReadOnlySpan<byte> Without(ReadOnlySpan<byte> word, ReadOnlySpan<byte> ending) => EndsIn(word, ending) ? word[..^ending.Length] : word;

    /// <summary>Whether a word ends so, after three letters at least.</summary>
    private static bool EndsIn(ReadOnlySpan<byte> word, ReadOnlySpan<byte> ending) => word.Length >= ending.Length + 3 && word.EndsWith(ending);
}
