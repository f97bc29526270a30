using System.Text;
using TransformerXL.Compression;
using Xunit;

namespace TransformerXL.Tests.Compression;

/// <summary>Bytes to compress, and both directions in memory.</summary>
internal static class Sample
{
    /// <summary>Text with repetitions, of exactly so many bytes.</summary>
    public static byte[] Text(int bytes)
    {
        StringBuilder text = new();
        Random random = new(5);
        string[] words = ["memory", "segment", "the", "a", "of", "attention", "model", "layers", "state", "reads", "every"];
        while (text.Length < bytes)
        {
            text.Append(words[random.Next(words.Length)]).Append(random.Next(9) == 0 ? ".\n" : " ");
        }

        return Encoding.ASCII.GetBytes(text.ToString())[..bytes];
    }

    /// <summary>Bytes without any order.</summary>
    public static byte[] Noise(int bytes)
    {
        byte[] noise = new byte[bytes];
        new Random(7).NextBytes(noise);
        return noise;
    }

    public static async Task<byte[]> CompressAsync(byte[] plain, CompressionProfile profile = CompressionProfile.Standard)
    {
        using MemoryStream input = new(plain), output = new();
        CompressionResult result = await Compressor.CompressAsync(input, output, new CompressionOptions { Profile = profile });
        Assert.Equal((plain.Length, output.Length), (result.PlainBytes, result.CompressedBytes));
        return output.ToArray();
    }

    public static async Task<byte[]> DecompressAsync(byte[] compressed, DecompressionOptions? options = null)
    {
        using MemoryStream input = new(compressed), output = new();
        await Compressor.DecompressAsync(input, output, options);
        return output.ToArray();
    }
}
