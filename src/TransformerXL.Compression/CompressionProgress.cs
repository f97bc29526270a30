namespace TransformerXL.Compression;

/// <summary>How far a compression or decompression is.</summary>
/// <param name="PlainBytes">Plain bytes read or decoded.</param>
/// <param name="CompressedBytes">Compressed bytes written or read.</param>
public readonly record struct CompressionProgress(long PlainBytes, long CompressedBytes);
