using TransformerXL.Compression;
using TransformerXL.Compression.Archives;
using TransformerXL.Compression.Coding;
using TransformerXL.Compression.Container;
using TransformerXL.Compression.Mixing.Many;

namespace TransformerXL.Fuzz;

/// <summary>Compressed files and the archives in them.</summary>
internal static class CompressionTargets
{
    /// <summary>Predictors of hostile headers would take their time, not only their memory.</summary>
    private const long MaxMemory = 64 << 20;

    public static IEnumerable<FuzzTarget> All =>
    [
        new("txlz", Read, () => Plain().Select(plain => Compress(plain, ContentKind.Bytes))) { FixedBytes = 2 * MaxMemory },
        new("txlz-block", Decode, () => Plain().Select(Encode)) { FixedBytes = 256 << 20 },
        new("txlz-archive", Extract, () => [Archive()]),
    ];

    private static void Read(byte[] input)
    {
        using MemoryStream stream = new(input);
        Compressor.DecompressAsync(stream, Stream.Null, new DecompressionOptions { MaxMemory = MaxMemory }).GetAwaiter().GetResult();
    }

    /// <summary>A block of <c>--best</c>, as if its checksums were right, decoded by a predictor without the primer. No input is refused: each is the code of some bytes.</summary>
    private static void Decode(byte[] input)
    {
        byte[] plain = new byte[Math.Min(2 * input.Length, 1024)];
        using BlockCoder coder = Coder();
        coder.Decode(input, plain, plain.Length, _ => { }, CancellationToken.None);
    }

    private static byte[] Encode(byte[] plain)
    {
        using BlockCoder coder = Coder();
        return coder.Encode(plain, plain.Length, _ => { }, CancellationToken.None).ToArray();
    }

    private static BlockCoder Coder() => new(
        new ManyPredictor(new PredictorSettings { TableBits = PredictorSettings.MinTableBits, HistoryBits = PredictorSettings.MinHistoryBits, BlockBits = PredictorSettings.MinBlockBits, Contexts = ContextSet.Many }),
        network: null);

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
