namespace TransformerXL.Training.Datasets;

/// <summary>How the originals of a data set are laid out.</summary>
internal enum DatasetLayout
{
    /// <summary>One file that is split into three by byte positions.</summary>
    OneFile,

    /// <summary>One file for each split.</summary>
    FileForEachSplit,

    /// <summary>Many files of training sentences, and many held-out files of which two are used.</summary>
    Shards,
}
