using TransformerXL.Text.BytePairs;

namespace TransformerXL.Text;

/// <summary>Makes a vocabulary from the training text, which comes once from beginning to end in pieces.</summary>
internal interface IVocabularyBuilder
{
    /// <summary>Takes more text. Pieces may end inside a character.</summary>
    void Add(ReadOnlySpan<byte> utf8);

    /// <summary>Ends the text and gives its vocabulary.</summary>
    /// <param name="progress">Told how far the learning of byte pairs is; the other kinds are done at once.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="InputException">No vocabulary can be made of the text.</exception>
    /// <exception cref="OperationCanceledException">The work was stopped.</exception>
    Vocabulary Complete(IProgress<BytePairTrainingProgress>? progress = null, CancellationToken cancellationToken = default);
}
