namespace TransformerXL.Training.Datasets;

/// <summary>The progress of a download.</summary>
/// <param name="Bytes">Bytes received, including those of earlier attempts.</param>
/// <param name="Total">Bytes of the whole file; null if the server does not send it.</param>
/// <param name="SecondsLeft">Estimate from the speed since the beginning of this attempt; null if there is none yet.</param>
internal readonly record struct DownloadProgress(long Bytes, long? Total, double? SecondsLeft);
