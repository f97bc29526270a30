using TransformerXL.Text.BytePairs;

namespace TransformerXL.Text;

/// <summary>The vocabulary of a text: a file, or how to make it from the training text.</summary>
public sealed record VocabularyOptions
{
    private const int StandardBytePairs = 8192, CustomaryPairFrequency = 2;

    /// <summary>The kind of token.</summary>
    public VocabularyKind Kind { get; init; } = VocabularyKind.Characters;

    /// <summary>
    /// A vocabulary to use instead of making one: a <c>vocabulary.json</c>; for words also a text file with a word at the
    /// beginning of each line, one of them <c>&lt;unk&gt;</c> or <c>&lt;UNK&gt;</c>; for byte pairs also Hugging Face's <c>tokenizer.json</c>, or a
    /// <c>vocab.json</c> (or any other name) with its <c>merges.txt</c> in the same folder; for word pieces BERT's <c>vocab.txt</c> or <c>tokenizer.json</c>;
    /// for a unigram vocabulary a <c>tokenizer.json</c> or SentencePiece's <c>.model</c>. Null to make the vocabulary from the training text.
    /// </summary>
    public string? File { get; init; }

    /// <summary>
    /// Words that occur less often in the training text are unknown; 0 keeps all. Pairs that occur less often are not merged; 0 is the
    /// usual 2. For words and byte pairs only.
    /// </summary>
    public int MinFrequency { get; init; }

    /// <summary>
    /// The maximum number of words, without the special symbols; the most frequent are kept; null for no limit. Byte pairs: the total number of tokens,
    /// of which 256 are the single bytes; null for 8192. For words and byte pairs only.
    /// </summary>
    public int? MaxSize { get; init; }

    /// <summary>Whether text is converted to lower case. For words only.</summary>
    public bool LowerCase { get; init; }

    /// <summary>
    /// The separator of words; null for any white space. The empty text makes every character of a line a word. For words only.
    /// </summary>
    public string? Delimiter { get; init; }

    /// <summary>Whether each line ends with the symbol <c>&lt;eos&gt;</c>. For words only: other kinds have the newline itself.</summary>
    public bool AddEos { get; init; } = true;

    /// <summary>
    /// Whether each line is a sentence of its own, with the symbol <c>&lt;S&gt;</c> at both ends, as in the One Billion Word
    /// benchmark; takes precedence over <see cref="AddEos"/>. For words only.
    /// </summary>
    public bool AddDoubleEos { get; init; }

    /// <summary>
    /// Whether the special tokens of an encoder (<c>[PAD]</c>, <c>[CLS]</c>, <c>[SEP]</c>, <c>[MASK]</c>) follow the tokens of the text; not needed where the vocabulary has
    /// such tokens of its own.
    /// </summary>
    public bool AddSpecialTokens { get; init; }

    /// <summary>A vocabulary with the special tokens, where they are wanted and missing.</summary>
    internal Vocabulary Complete(Vocabulary vocabulary) => AddSpecialTokens && vocabulary.MaskId is null ? new SpecialTokensVocabulary(vocabulary) : vocabulary;

    /// <summary>Whether any file can be read, instead of only valid UTF-8.</summary>
    internal bool AcceptsAnyBytes => Kind is VocabularyKind.Bytes or VocabularyKind.BytePairs;

    internal WordRules WordRules => new()
    {
        LowerCase = LowerCase,
        Delimiter = Delimiter,
        Marks = AddDoubleEos ? LineMarks.BothEnds : AddEos ? LineMarks.End : LineMarks.None,
    };

    /// <summary>The options that take a vocabulary from its <c>vocabulary.json</c>.</summary>
    /// <param name="vocabulary">The vocabulary in the file.</param>
    /// <param name="file">The file.</param>
    public static VocabularyOptions Of(Vocabulary vocabulary, string file)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        return new VocabularyOptions { Kind = VocabularyChoice.KindOf(vocabulary), File = file, AddSpecialTokens = vocabulary is SpecialTokensVocabulary };
    }

    internal BytePairTrainerOptions BytePairs => new()
    {
        VocabularySize = MaxSize ?? StandardBytePairs,
        MinFrequency = MinFrequency > 0 ? MinFrequency : CustomaryPairFrequency,
    };

    /// <summary>Checks every field.</summary>
    /// <exception cref="InputException">A field breaks a rule; the message names field, value and rule.</exception>
    public void Validate()
    {
        Require.Known("vocabulary kind", Kind);
        Require.That(MinFrequency >= 0, $"minimum frequency {MinFrequency} must be at least 0", nameof(MinFrequency));
        Require.That(MaxSize is null or >= 1, $"vocabulary size {MaxSize} must be at least 1", nameof(MaxSize));
        Require.Path(File);
        ValidateKind();
        Require.That(
            File is null || (MinFrequency == 0 && MaxSize is null),
            $"the vocabulary comes from '{File}'; minimum frequency {MinFrequency} and vocabulary size {MaxSize?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "without limit"} are for one that is made from the text");
    }

    private void ValidateKind()
    {
        string kind = VocabularyKinds.NameOf(Kind);
        Require.That(Kind is not (VocabularyKind.WordPieces or VocabularyKind.Unigram) || File is not null, $"a vocabulary of {kind} is not made from a text; name its file", nameof(File));
        bool isMade = Kind is VocabularyKind.Words or VocabularyKind.BytePairs;
        Require.That(MinFrequency == 0 || isMade, $"minimum frequency {MinFrequency} is for a vocabulary of words or byte-pairs, not of {kind}");
        Require.That(MaxSize is null || isMade, $"vocabulary size {MaxSize} is for a vocabulary of words or byte-pairs, not of {kind}");
        if (Kind == VocabularyKind.Words)
        {
            WordRules.Validate();
            return;
        }

        Require.That(!LowerCase, $"lower case is for a vocabulary of words, not of {kind}");
        Require.That(Delimiter is null, $"delimiter '{Delimiter}' is for a vocabulary of words, not of {kind}");
        Require.That(!AddDoubleEos, $"marks at both ends of a sentence are for a vocabulary of words, not of {kind}");
        if (Kind == VocabularyKind.BytePairs)
        {
            BytePairs.Validate();
        }
    }
}
