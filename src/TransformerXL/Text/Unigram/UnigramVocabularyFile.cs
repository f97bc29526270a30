using TransformerXL.Text.BytePairs;

namespace TransformerXL.Text.Unigram;

/// <summary>Reads a unigram vocabulary from any of the files that hold one: a <c>.model</c> of SentencePiece by its name, and by content <c>vocabulary.json</c> and <c>tokenizer.json</c>.</summary>
internal static class UnigramVocabularyFile
{
    /// <exception cref="InputException">The file is missing, too large, damaged, or has another format.</exception>
    public static UnigramVocabulary Load(string path)
    {
        if (!path.EndsWith(".json", StringComparison.OrdinalIgnoreCase))
        {
            return SentencePieceFile.Load(path);
        }

        if (!BytePairFile.IsOwn(path))
        {
            return UnigramTokenizerJson.Load(path);
        }

        Vocabulary own = Vocabulary.Load(path);
        return own as UnigramVocabulary ?? throw VocabularyChoice.OfOtherKind(path, own.Kind, UnigramVocabulary.KindName);
    }
}
