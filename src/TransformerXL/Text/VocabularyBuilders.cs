using TransformerXL.Text.BytePairs;

namespace TransformerXL.Text;

/// <summary>Which builder each kind of vocabulary has.</summary>
internal static class VocabularyBuilders
{
    /// <summary>The builder, or null where the kind needs no text.</summary>
    public static IVocabularyBuilder? Create(VocabularyOptions options) => options.Kind switch
    {
        VocabularyKind.Bytes => null,
        VocabularyKind.Words => new WordVocabularyBuilder(options),
        VocabularyKind.BytePairs => new BytePairVocabularyBuilder(options),
        _ => new CharacterVocabularyBuilder(),
    };
}
