namespace TransformerXL.Compression;

/// <summary>What was compressed or decompressed.</summary>
/// <param name="PlainBytes">Plain bytes.</param>
/// <param name="CompressedBytes">Compressed bytes.</param>
/// <param name="HoldsFiles">Whether the plain bytes are files with their names (<see cref="FileArchive"/>).</param>
/// <param name="Damage">What is wrong with a file of which only the whole blocks before the damage were decompressed; null if all is well.</param>
public sealed record CompressionResult(long PlainBytes, long CompressedBytes, bool HoldsFiles, string? Damage)
{
    /// <summary>Bits of the compressed file for each plain byte; 0 for no bytes.</summary>
    public double BitsPerByte => PlainBytes == 0 ? 0 : CompressedBytes * 8.0 / PlainBytes;
}
