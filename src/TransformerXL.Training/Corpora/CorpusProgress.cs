namespace TransformerXL.Training.Corpora;

/// <summary>How far the preparation of a corpus is.</summary>
/// <param name="Stage">What is being done: <c>reading</c> (checking, collecting what the vocabulary is made of), <c>learning byte pairs from</c>, or <c>encoding</c>.</param>
/// <param name="BytesDone">Bytes done in this stage; tokens while byte pairs are learnt.</param>
/// <param name="BytesTotal">Bytes of this stage; tokens wanted while byte pairs are learnt.</param>
public readonly record struct CorpusProgress(string Stage, long BytesDone, long BytesTotal);
