using System.Text.Json;
using TransformerXL.Text.BytePairs;
using TransformerXL.Text.Unigram;
using TransformerXL.Text.WordPieces;

namespace TransformerXL.Text;

/// <summary>The vocabulary to read a text with: a given one, or the options to make one.</summary>
/// <param name="Options">The options to make it.</param>
/// <param name="Given">The given one.</param>
internal sealed record VocabularyChoice(VocabularyOptions Options, Vocabulary? Given)
{
    /// <summary>Whether any file can be read, instead of only valid UTF-8.</summary>
    public bool AcceptsAnyBytes => Given?.AcceptsAnyBytes ?? Options.AcceptsAnyBytes;

    /// <summary>Whether tokens do not cross lines, so that text must be split between lines.</summary>
    public bool HasLines => Given is null ? Options.Kind == VocabularyKind.Words : KindOf(Given) == VocabularyKind.Words;

    /// <summary>Everything but the text that determines the ids. Options of later versions are not in it where they are off, so that token files of earlier versions stay valid.</summary>
    public string Identity => Given is not null ? $"vocabulary {Given.Fingerprint}" : $"from the training text: {Options}".Replace(", AddSpecialTokens = False", "", StringComparison.Ordinal);

    /// <param name="wanted">The requested options, null for any vocabulary; their file is read.</param>
    /// <param name="given">A given vocabulary, which overrides the options.</param>
    /// <exception cref="InputException">The two contradict each other, or the file cannot be used.</exception>
    public static VocabularyChoice Of(VocabularyOptions? wanted, Vocabulary? given)
    {
        VocabularyOptions options = wanted ?? new VocabularyOptions();
        if (given is not null)
        {
            Require.That(
                wanted is null || KindOf(given) == options.Kind,
                $"a vocabulary of {VocabularyKinds.NameOf(options.Kind)} is requested, but the given one is of {given.Kind}");
            return new VocabularyChoice(options, given);
        }

        return new VocabularyChoice(options, options.File is null ? null : options.Complete(Load(options)));
    }

    private static Vocabulary Load(VocabularyOptions options)
    {
        string path = options.File!, wanted = VocabularyKinds.NameOf(options.Kind);
        try
        {
            return LoadAs(options, path);
        }
        catch (InputException exception) when (ForeignKind(path) is { } found && found != wanted)
        {
            throw OfOtherKind(path, found, wanted, exception);
        }
    }

    private static Vocabulary LoadAs(VocabularyOptions options, string path)
    {
        if (options.Kind == VocabularyKind.BytePairs && (!options.AddSpecialTokens || BytePairVocabularyFile.IsForeign(path)))
        {
            return BytePairVocabularyFile.Load(path);
        }

        if (options.Kind == VocabularyKind.WordPieces)
        {
            return WordPieceVocabularyFile.Load(path);
        }

        if (options.Kind == VocabularyKind.Unigram)
        {
            return UnigramVocabularyFile.Load(path);
        }

        if (options.Kind == VocabularyKind.Words && !path.EndsWith(".json", StringComparison.OrdinalIgnoreCase))
        {
            return WordVocabulary.LoadSymbols(path, options.WordRules);
        }

        Vocabulary vocabulary = LoadSaved(path, options.Kind);
        return KindOf(vocabulary) == options.Kind ? vocabulary : throw OfOtherKind(path, vocabulary.Kind, VocabularyKinds.NameOf(options.Kind));
    }

    private static Vocabulary LoadSaved(string path, VocabularyKind kind)
    {
        try
        {
            return Vocabulary.Load(path);
        }
        catch (InputException exception) when (kind is VocabularyKind.Bytes or VocabularyKind.Characters && exception.InnerException is JsonException)
        {
            string named = VocabularyKinds.NameOf(kind);
            throw new InputException(
                $"a vocabulary of {named} is made without a file, or comes from a vocabulary.json, which '{path}' is not; name no file, or the kind of vocabulary in it, such as words", exception)
            {
                Remedies = [new("corpus.vocabulary.file"), new("corpus.vocabulary.kind")],
            };
        }
    }

    /// <summary>The kind that a file of another program holds; null for other files.</summary>
    private static string? ForeignKind(string path) =>
        TokenizerModels.KindOf(path) ?? (BytePairVocabularyFile.IsForeign(path) ? BytePairVocabulary.KindName : null);

    /// <summary>The error if a file holds another kind of vocabulary than the options ask for.</summary>
    internal static InputException OfOtherKind(string path, string found, string wanted, Exception? cause = null) =>
        new($"the file '{path}' holds a vocabulary of {found}, but the options ask for one of {wanted}; ask for {found}", cause!)
        {
            Remedies = [new("corpus.vocabulary.kind", found)],
        };

    internal static VocabularyKind KindOf(Vocabulary vocabulary) => vocabulary switch
    {
        SpecialTokensVocabulary special => KindOf(special.Inner),
        ByteVocabulary => VocabularyKind.Bytes,
        WordVocabulary => VocabularyKind.Words,
        BytePairVocabulary => VocabularyKind.BytePairs,
        WordPieceVocabulary => VocabularyKind.WordPieces,
        UnigramVocabulary => VocabularyKind.Unigram,
        _ => VocabularyKind.Characters,
    };
}
