namespace TransformerXL.Text;

/// <summary>The kind of token.</summary>
public enum VocabularyKind
{
    /// <summary>A Unicode character: <see cref="CharacterVocabulary"/>.</summary>
    Characters,

    /// <summary>A byte: <see cref="ByteVocabulary"/>.</summary>
    Bytes,

    /// <summary>A word: <see cref="WordVocabulary"/>.</summary>
    Words,

    /// <summary>A sequence of bytes that is frequent in the training text: <see cref="BytePairs.BytePairVocabulary"/>.</summary>
    BytePairs,

    /// <summary>A part of a word, as in BERT: <see cref="WordPieces.WordPieceVocabulary"/>. Such a vocabulary comes from a file.</summary>
    WordPieces,

    /// <summary>A part of a text, as in XLM-RoBERTa and XLNet: <see cref="Unigram.UnigramVocabulary"/>. Such a vocabulary comes from a file.</summary>
    Unigram,
}
