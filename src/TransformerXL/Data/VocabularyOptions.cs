namespace TransformerXL.Data;

/// <summary>Which vocabulary a text is read with, and how it is made from the training text.</summary>
public sealed record VocabularyOptions
{
    /// <summary>What a token is.</summary>
    public VocabularyKind Kind { get; init; } = VocabularyKind.Characters;

    /// <summary>
    /// A vocabulary to use instead of making one: a <c>vocabulary.json</c>, or for words also a text file with one word at the
    /// beginning of each line, of which one is <c>&lt;unk&gt;</c> or <c>&lt;UNK&gt;</c>. Null to make it from the training text.
    /// </summary>
    public string? File { get; init; }

    /// <summary>Words that occur less often in the training text are unknown; 0 keeps all. For words only.</summary>
    public int MinFrequency { get; init; }

    /// <summary>At most so many of the most frequent words are kept, the special symbols not counted; null for no limit. For words only.</summary>
    public int? MaxSize { get; init; }

    /// <summary>Whether all is read in lower case. For words only.</summary>
    public bool LowerCase { get; init; }

    /// <summary>
    /// What stands between words; null for any white space. The empty text makes every character of a line a word. For words only.
    /// </summary>
    public string? Delimiter { get; init; }

    /// <summary>Whether each line ends with the symbol <c>&lt;eos&gt;</c>. For words only: other kinds have the newline itself.</summary>
    public bool AddEos { get; init; } = true;

    /// <summary>
    /// Whether each line is a sentence of its own, with the symbol <c>&lt;S&gt;</c> at both ends, as in the One Billion Word
    /// benchmark; takes precedence over <see cref="AddEos"/>. For words only.
    /// </summary>
    public bool AddDoubleEos { get; init; }

    /// <summary>Whether any file can be read, or only valid UTF-8.</summary>
    internal bool AcceptsAnyBytes => Kind == VocabularyKind.Bytes;

    internal WordRules WordRules => new()
    {
        LowerCase = LowerCase,
        Delimiter = Delimiter,
        Marks = AddDoubleEos ? LineMarks.BothEnds : AddEos ? LineMarks.End : LineMarks.None,
    };

    /// <summary>The options that take a vocabulary from its <c>vocabulary.json</c>.</summary>
    /// <param name="vocabulary">What the file holds.</param>
    /// <param name="file">The file.</param>
    public static VocabularyOptions Of(Vocabulary vocabulary, string file)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        return new VocabularyOptions { Kind = VocabularyChoice.KindOf(vocabulary), File = file };
    }

    /// <summary>Checks every field.</summary>
    /// <exception cref="InputException">A field breaks a rule; the message names field, value and rule.</exception>
    public void Validate()
    {
        Require.That(Enum.IsDefined(Kind), $"vocabulary kind {(int)Kind} is not known");
        Require.That(MinFrequency >= 0, $"minimum frequency {MinFrequency} must be at least 0", nameof(MinFrequency));
        Require.That(MaxSize is null or >= 1, $"vocabulary size {MaxSize} must be at least 1", nameof(MaxSize));
        if (Kind != VocabularyKind.Words)
        {
            Require.That(MinFrequency == 0, $"minimum frequency {MinFrequency} is for a vocabulary of words, not of {Kind.ToString().ToLowerInvariant()}");
            Require.That(MaxSize is null, $"vocabulary size {MaxSize} is for a vocabulary of words, not of {Kind.ToString().ToLowerInvariant()}");
            Require.That(!LowerCase, $"lower case is for a vocabulary of words, not of {Kind.ToString().ToLowerInvariant()}");
            Require.That(Delimiter is null, $"delimiter '{Delimiter}' is for a vocabulary of words, not of {Kind.ToString().ToLowerInvariant()}");
            Require.That(!AddDoubleEos, $"marks at both ends of a sentence are for a vocabulary of words, not of {Kind.ToString().ToLowerInvariant()}");
        }
        else
        {
            WordRules.Validate();
        }

        Require.That(
            File is null || (MinFrequency == 0 && MaxSize is null),
            $"the vocabulary comes from '{File}'; minimum frequency {MinFrequency} and vocabulary size {MaxSize?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "without limit"} are for one that is made from the text");
    }
}
