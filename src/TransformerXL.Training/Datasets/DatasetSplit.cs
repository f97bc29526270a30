namespace TransformerXL.Training.Datasets;

/// <summary>One split of a known data set, and how the original is recognized.</summary>
/// <param name="Name">The name of the file or folder that it is prepared as: <c>train</c>, <c>valid</c> or <c>test</c>.</param>
/// <param name="Bytes">Size of the original; null if the number of lines is known instead.</param>
/// <param name="Lines">Lines of the original; null if the size is known instead.</param>
public sealed record DatasetSplit(string Name, long? Bytes, long? Lines);
