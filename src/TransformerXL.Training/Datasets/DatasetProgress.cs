namespace TransformerXL.Training.Datasets;

/// <summary>How far the preparation of a data set is.</summary>
/// <param name="File">The original file that is being read.</param>
/// <param name="Bytes">Bytes of text read so far, of all files.</param>
public readonly record struct DatasetProgress(string File, long Bytes);
