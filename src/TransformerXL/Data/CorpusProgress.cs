namespace TransformerXL.Data;

/// <summary>How far the preparation of a corpus is.</summary>
/// <param name="Stage">What is being done: <c>reading</c> (checking, collecting the characters) or <c>encoding</c>.</param>
/// <param name="BytesDone">Bytes done in this stage.</param>
/// <param name="BytesTotal">Bytes of this stage.</param>
public readonly record struct CorpusProgress(string Stage, long BytesDone, long BytesTotal);
