namespace TransformerXL.Interchange.PyTorch;

/// <summary>
/// The vocabulary of the reference implementation or of Hugging Face's TransfoXL as it was pickled: the tokens in the
/// order of their ids, and how text is split into them.
/// </summary>
internal sealed record PickledVocabulary
{
    /// <summary>The tokens; a token's place is its id.</summary>
    public required IReadOnlyList<string> Symbols { get; init; }

    /// <summary>Tokens that have the first ids regardless of the text, for example <c>&lt;eos&gt;</c>.</summary>
    public IReadOnlyList<string> Special { get; init; } = [];

    /// <summary>Whether text is converted to lower case before it is split.</summary>
    public bool LowerCase { get; init; }

    /// <summary>What separates tokens: null for any white space, empty for each character by itself.</summary>
    public string? Delimiter { get; init; }

    /// <summary>The id of the token for unknown ones; null if unknown tokens are an error.</summary>
    public int? UnknownId { get; init; }

    /// <summary>How often a token had to occur to get an id.</summary>
    public long MinimumFrequency { get; init; }

    /// <summary>Maximum number of tokens when the vocabulary was made; null for all.</summary>
    public long? MaximumSize { get; init; }

    /// <summary>
    /// Reads a vocabulary that was saved by itself (<c>vocab.pkl</c>, <c>vocab.bin</c>, <c>torch.save(vocab)</c>) or
    /// within a corpus or a checkpoint (under <c>vocab</c>). Nothing in the file is executed.
    /// </summary>
    /// <exception cref="InputException">The file is damaged, calls functions, or holds no such vocabulary.</exception>
    public static PickledVocabulary Read(string path)
    {
        using TorchFile file = TorchFile.Open(path, UnknownClasses.Inert);
        return From(file);
    }

    /// <summary>The same from a file that is open.</summary>
    internal static PickledVocabulary From(TorchFile file)
    {
        TorchValue vocabulary = !file.Root.TryGet("idx2sym", out _) && file.Root.TryGet("vocab", out TorchValue? inner) ? inner : file.Root;
        var reader = new PickledVocabularyReader(file.Path, vocabulary);
        string[] symbols = reader.Symbols();
        return new PickledVocabulary
        {
            Symbols = symbols,
            Special = reader.Texts("special"),
            LowerCase = reader.Flag("lower_case"),
            Delimiter = reader.OptionalText("delimiter"),
            UnknownId = reader.UnknownId(symbols),
            MinimumFrequency = reader.OptionalNumber("min_freq") ?? 0,
            MaximumSize = reader.OptionalNumber("max_size"),
        };
    }
}
