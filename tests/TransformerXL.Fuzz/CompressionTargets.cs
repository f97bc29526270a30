using TransformerXL.Compression;
using TransformerXL.Compression.Archives;
using TransformerXL.Compression.Container;

namespace TransformerXL.Fuzz;

/// <summary>Compressed files and the archives in them.</summary>
internal static class CompressionTargets
{
    /// <summary>Predictors of hostile headers would take their time, not only their memory.</summary>
    private const long MaxMemory = 32 << 20;

    public static IEnumerable<FuzzTarget> All =>
    [
        new("txlz", Read, () => Plain().Select(plain => Compress(plain, ContentKind.Bytes))) { FixedBytes = 2 * MaxMemory },
        new("txlz-archive", Extract, () => [Archive()]),
    ];

    private static void Read(byte[] input)
    {
        using MemoryStream stream = new(input);
        Compressor.DecompressAsync(stream, Stream.Null, new DecompressionOptions { MaxMemory = MaxMemory }).GetAwaiter().GetResult();
    }

    /// <summary>The stream inside an archive, as if its checksums were right.</summary>
    private static void Extract(byte[] input)
    {
        string folder = Directory.CreateTempSubdirectory("txl-fuzz-").FullName;
        try
        {
            using ExtractionStream stream = new(folder);
            stream.Write(input);
            stream.Complete();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static IEnumerable<byte[]> Plain() => [[], [1, 2, 3], [.. Enumerable.Range(0, 3000).Select(i => (byte)("the memory of a segment "[i % 24] + (i / 700)))]];

    private static byte[] Compress(byte[] plain, ContentKind content)
    {
        using MemoryStream input = new(plain), output = new();
        Compressor.CompressAsync(input, output, content, plain.Length, new CompressionOptions { Profile = CompressionProfile.Fast }, null, CancellationToken.None).GetAwaiter().GetResult();
        return output.ToArray();
    }

    private static byte[] Archive() =>
    [
        .. new ArchiveEntry("folder", true, false, 1, 0).ToBytes(),
        .. new ArchiveEntry("folder/file", false, true, 2, 5).ToBytes(), .. "hello"u8,
        .. new ArchiveEntry("empty", false, false, 3, 0).ToBytes(), ArchiveEntry.End,
    ];
}
