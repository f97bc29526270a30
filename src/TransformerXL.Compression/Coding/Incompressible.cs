using System.IO.Compression;

namespace TransformerXL.Compression.Coding;

/// <summary>Tells blocks in which a predictor would find nothing, such as compressed pictures, without running it.</summary>
internal static class Incompressible
{
    private const int MinBytes = 4096;

    /// <summary>Whether a fast compressor saves less than a thousandth, and the bytes are about equally frequent.</summary>
    public static bool Is(ReadOnlySpan<byte> block)
    {
        if (block.Length < MinBytes)
        {
            return false;
        }

        byte[] buffer = new byte[BrotliEncoder.GetMaxCompressedLength(block.Length)];
        return (!BrotliEncoder.TryCompress(block, buffer, out int written, quality: 4, window: 22) || written > block.Length - (block.Length >> 10))
            && Excess(block) < 256 + (4 * Math.Sqrt(512));
    }

    /// <summary>Chi squared of the counts of the bytes against equal ones; 255 on average for random bytes.</summary>
    private static double Excess(ReadOnlySpan<byte> block)
    {
        Span<int> counts = stackalloc int[256];
        foreach (byte value in block)
        {
            counts[value]++;
        }

        double expected = block.Length / 256.0, sum = 0;
        foreach (int count in counts)
        {
            sum += (count - expected) * (count - expected) / expected;
        }

        return sum;
    }
}
