namespace TransformerXL.Training.Datasets;

/// <summary>The progress of the preparation of a data set.</summary>
/// <param name="File">The original file that is being read.</param>
/// <param name="Bytes">Bytes of text read so far, of all files.</param>
public readonly record struct DatasetProgress(string File, long Bytes);
