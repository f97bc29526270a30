using TransformerXL.Text.BytePairs;

namespace TransformerXL.Text;

/// <summary>Makes a vocabulary from the training text, which is passed once in pieces.</summary>
internal interface IVocabularyBuilder
{
    /// <summary>Adds text. Pieces may end inside a character.</summary>
    void Add(ReadOnlySpan<byte> utf8);

    /// <summary>Ends the text and returns its vocabulary.</summary>
    /// <param name="progress">Called with the progress of learning byte pairs; the other kinds need no time.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="InputException">No vocabulary can be made from the text.</exception>
    /// <exception cref="OperationCanceledException">The work was stopped.</exception>
    Vocabulary Complete(IProgress<BytePairTrainingProgress>? progress = null, CancellationToken cancellationToken = default);
}
