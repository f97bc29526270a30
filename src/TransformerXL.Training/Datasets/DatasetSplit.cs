namespace TransformerXL.Training.Datasets;

/// <summary>One split of a known data set, and how the original is recognized.</summary>
/// <param name="Name">The name of the file or folder that it is prepared as: <c>train</c>, <c>valid</c> or <c>test</c>.</param>
/// <param name="Bytes">Size of the original; null where it is told by lines.</param>
/// <param name="Lines">Lines of the original; null where it is told by bytes.</param>
public sealed record DatasetSplit(string Name, long? Bytes, long? Lines);
