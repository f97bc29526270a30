namespace TransformerXL.Training.Datasets;

/// <summary>How the originals of a data set are laid out.</summary>
internal enum DatasetLayout
{
    /// <summary>One file that is cut into three by bytes.</summary>
    OneFile,

    /// <summary>One file for each split.</summary>
    FileForEachSplit,

    /// <summary>Many files of training sentences, and held-out ones of which two are taken.</summary>
    Shards,
}
