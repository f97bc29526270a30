namespace TransformerXL.Compression.Container;

/// <summary>Constants of the file format, which <c>docs/compression.md</c> describes byte by byte.</summary>
internal static class Format
{
    /// <summary>The only version so far.</summary>
    public const byte Version = 1;

    /// <summary>Bytes of the SHA-256 of the plain bytes that the end of a file holds.</summary>
    public const int HashBytes = 16;

    /// <summary>A block, or the last one, of at most this size is also compressed by Brotli.</summary>
    public const int MaxBrotliBytes = 1 << 16;

    /// <summary>How a compressed file begins.</summary>
    public static ReadOnlySpan<byte> Magic => [0xD4, (byte)'T', (byte)'X', (byte)'Z'];
}
