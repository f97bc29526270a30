namespace TransformerXL.Data;

/// <summary>Makes a vocabulary from the training text, which comes once from beginning to end in pieces.</summary>
internal interface IVocabularyBuilder
{
    /// <summary>Takes more text. Pieces may end inside a character.</summary>
    void Add(ReadOnlySpan<byte> utf8);

    /// <summary>Ends the text and gives its vocabulary.</summary>
    /// <exception cref="InputException">No vocabulary can be made of the text.</exception>
    Vocabulary Complete();
}
