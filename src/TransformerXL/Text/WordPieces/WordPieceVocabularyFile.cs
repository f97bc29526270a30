using TransformerXL.Text.BytePairs;

namespace TransformerXL.Text.WordPieces;

/// <summary>Reads word pieces from any of the files that hold them: <c>vocab.txt</c> by its name, and by content <c>vocabulary.json</c> and <c>tokenizer.json</c>.</summary>
internal static class WordPieceVocabularyFile
{
    /// <exception cref="InputException">The file is missing, too large, damaged, or has another format.</exception>
    public static WordPieceVocabulary Load(string path)
    {
        if (!path.EndsWith(".json", StringComparison.OrdinalIgnoreCase))
        {
            return WordPieceFile.Load(path);
        }

        if (!BytePairFile.IsOwn(path))
        {
            return WordPieceTokenizerJson.Load(path);
        }

        Vocabulary own = Vocabulary.Load(path);
        return own as WordPieceVocabulary ?? throw VocabularyChoice.OfOtherKind(path, own.Kind, WordPieceVocabulary.KindName);
    }
}
