namespace TransformerXL.Training.Datasets;

/// <summary>A file of a data set, in a folder or an archive. Its name is compared, never used as a path.</summary>
/// <param name="Name">The name without folders.</param>
/// <param name="Open">Opens it; in an archive only until the next entry is requested.</param>
internal sealed record DatasetEntry(string Name, Func<Stream> Open);
