using TransformerXL.Text.BytePairs;

namespace TransformerXL.Text;

/// <summary>The builders of the kinds of vocabularies.</summary>
internal static class VocabularyBuilders
{
    /// <summary>The builder, or null if the kind needs no text.</summary>
    public static IVocabularyBuilder? Create(VocabularyOptions options) => options.Kind switch
    {
        VocabularyKind.Bytes => null,
        VocabularyKind.Words => new WordVocabularyBuilder(options),
        VocabularyKind.BytePairs => new BytePairVocabularyBuilder(options),
        _ => new CharacterVocabularyBuilder(),
    };
}
