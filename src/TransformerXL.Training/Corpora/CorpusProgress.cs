namespace TransformerXL.Training.Corpora;

/// <summary>The progress of the preparation of a corpus.</summary>
/// <param name="Stage">The current stage: <c>reading</c> (checks the text and collects statistics for the vocabulary), <c>learning byte pairs from</c>, or <c>encoding</c>.</param>
/// <param name="BytesDone">Bytes processed in this stage; tokens learnt while byte pairs are learnt.</param>
/// <param name="BytesTotal">Total bytes of this stage; requested tokens while byte pairs are learnt.</param>
public readonly record struct CorpusProgress(string Stage, long BytesDone, long BytesTotal);
