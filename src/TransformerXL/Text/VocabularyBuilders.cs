using TransformerXL.Text.BytePairs;

namespace TransformerXL.Text;

/// <summary>The builders of the kinds of vocabularies.</summary>
internal static class VocabularyBuilders
{
    /// <summary>The builder, or null if the kind is not made from a text.</summary>
    public static IVocabularyBuilder? Create(VocabularyOptions options) => options.Kind switch
    {
        VocabularyKind.Bytes or VocabularyKind.WordPieces or VocabularyKind.Unigram => null,
        VocabularyKind.Words => new WordVocabularyBuilder(options),
        VocabularyKind.BytePairs => new BytePairVocabularyBuilder(options),
        _ => new CharacterVocabularyBuilder(),
    };
}
