using System.Diagnostics;
using System.Security.Cryptography;

namespace TransformerXL.Cli.Bench;

/// <summary>Measures compressors on a file: bytes, seconds in each direction, memory. Each result is decompressed and compared.</summary>
internal static class CompressorBench
{
    /// <summary>The result of one compressor.</summary>
    /// <param name="Name">The compressor with its settings.</param>
    /// <param name="PlainBytes">Bytes of the file.</param>
    /// <param name="CompressedBytes">Bytes of the compressed file.</param>
    /// <param name="CompressSeconds">Time to compress.</param>
    /// <param name="DecompressSeconds">Time to decompress.</param>
    /// <param name="MemoryBytes">The largest resident set of the process, with the program itself.</param>
    public sealed record Result(string Name, long PlainBytes, long CompressedBytes, double CompressSeconds, double DecompressSeconds, long MemoryBytes)
    {
        public double BitsPerByte => PlainBytes == 0 ? 0 : CompressedBytes * 8.0 / PlainBytes;
    }

    /// <summary>Measures a compressor.</summary>
    /// <exception cref="InputException">The decompressed bytes differ from the file.</exception>
    public static Result Measure(MeasuredCompressor compressor, string file, CancellationToken stop)
    {
        string folder = Directory.CreateTempSubdirectory("txl-bench-").FullName;
        try
        {
            string compressed = Path.Combine(folder, "compressed"), restored = Path.Combine(folder, "restored");
            PeakMemory.Reset();
            (double compressSeconds, long memory) = Time(() => compressor.Compress(file, compressed, stop));
            (double decompressSeconds, long other) = Time(() => compressor.Decompress(compressed, restored, stop));
            if (!Hash(file).AsSpan().SequenceEqual(Hash(restored)))
            {
                throw new InputException($"{compressor.Name} restored other bytes than those of '{file}'");
            }

            return new Result(compressor.Name, new FileInfo(file).Length, new FileInfo(compressed).Length, compressSeconds, decompressSeconds, Math.Max(memory, other));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static (double Seconds, long Memory) Time(Func<long> work)
    {
        long begin = Stopwatch.GetTimestamp(), memory = work();
        return (Stopwatch.GetElapsedTime(begin).TotalSeconds, memory);
    }

    private static byte[] Hash(string path)
    {
        using FileStream stream = File.OpenRead(path);
        return SHA256.HashData(stream);
    }
}
