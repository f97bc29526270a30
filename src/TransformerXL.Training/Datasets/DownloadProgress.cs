namespace TransformerXL.Training.Datasets;

/// <summary>How far a download is.</summary>
/// <param name="Bytes">Bytes that are here, those of an earlier attempt included.</param>
/// <param name="Total">Bytes of the whole file; null where the server does not tell.</param>
/// <param name="SecondsLeft">Estimate from the speed since the beginning of this attempt; null where there is none.</param>
public readonly record struct DownloadProgress(long Bytes, long? Total, double? SecondsLeft);
