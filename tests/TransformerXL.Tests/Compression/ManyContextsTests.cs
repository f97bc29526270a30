using System.IO.Hashing;
using System.Text;
using TransformerXL.Compression;
using TransformerXL.Compression.Container;
using TransformerXL.Compression.Mixing.Many;
using Xunit;

namespace TransformerXL.Tests.Compression;

public sealed class ManyContextsTests
{
    private static readonly byte[] Prose = Encoding.ASCII.GetBytes(
        "The mayor said on Friday that the new school would be opened before the end of the year, although the work has taken longer than expected and the price of the building has risen by a "
        + "third since it was planned. Several members of the council asked whether the money would not have been spent better on roads, and received no answer.");

    [Fact]
    public void The_primers_are_those_that_files_name()
    {
        Assert.Equal("7480ab01511a935c", Convert.ToHexStringLower(Primer.Texts.Hash));
        Assert.Equal("cf41b9488bf48244", Convert.ToHexStringLower(Primer.WordsAndTexts.Hash));
        Assert.Equal("1c447ee111c6b6aa", Convert.ToHexStringLower(Primer.MoreWordsAndTexts.Hash));
    }

    [Fact]
    public void The_words_are_the_dictionary_of_RFC_7932()
    {
        IReadOnlyList<byte[]> words = BrotliDictionary.Words();
        Assert.Equal(13_504, words.Count);

        // Appendix A gives the CRC-32 of all words in a row.
        Assert.Equal(0x5136cb04u, Crc32.HashToUInt32([.. words.SelectMany(word => word)]));
        Assert.Equal(["time", "down", "life", "left"], words.Take(4).Select(Encoding.ASCII.GetString));
    }

    [Fact]
    public void The_words_of_GPT_2_begin_with_the_most_frequent_ones()
    {
        string[] words = [.. Gpt2Vocabulary.Words().Select(Encoding.ASCII.GetString)];
        Assert.Equal(32_012, words.Length);
        Assert.Equal([" the", " an", " to", " of", " in"], words.Take(5));
    }

    [Theory]
    [InlineData("1FRYWgEAAQIWEgp0gKsBURqTXI2PNjQEzAJEX3dsPAQgBdfYD9bT7+xAYYXs2uLt0LXJKIWTQFtMmCsStgire1U1bIZjI74MfrboWLHc9xPyldH64kSkz6VRlxShso950iUIG+28PADMAsN40WXMJpSfT28ZqDfaPJkBn/qm")]
    [InlineData("1FRYWgEAAQIWEgrPQblIi/SCRPpXHWQEzAJDX3dsPANsalsAKGqiFgYH6tGxL5kQknOjAt80ccL/RF0Xlv1kxZMIVRwIYTrDBu2v88jSODhYxNm1GLXCKtfF9rZiDn0ox/uG1flTAMwCw3jRZcwmlJ9PbxmoN9o8mQGf+qY=")]
    public async Task Files_of_earlier_primers_are_still_restored(string file) => Assert.Equal(Prose, await Sample.DecompressAsync(Convert.FromBase64String(file)));

    [Fact]
    public async Task The_primer_makes_a_short_text_three_tenths_smaller()
    {
        byte[] best = await Sample.CompressAsync(Prose, CompressionProfile.Best), standard = await Sample.CompressAsync(Prose);
        Assert.True(best.Length < standard.Length * 7 / 10, $"{best.Length} bytes against {standard.Length}");
        Assert.Equal(Prose, await Sample.DecompressAsync(best));
    }

    [Fact]
    public async Task A_file_of_another_primer_is_refused_by_its_hash()
    {
        const int Hash = 11;
        byte[] file = await Sample.CompressAsync(Prose, CompressionProfile.Best);
        int end = Hash + Primer.HashBytes;
        Assert.Equal(BitConverter.ToUInt32(file, end), Crc32.HashToUInt32(file.AsSpan(0, end)));
        file[Hash] ^= 1;
        BitConverter.TryWriteBytes(file.AsSpan(end), Crc32.HashToUInt32(file.AsSpan(0, end)));
        InputException exception = await Assert.ThrowsAsync<InputException>(() => Sample.DecompressAsync(file));
        Assert.Contains("begins with a text of the hash ce41b9488bf48244", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_declared_memory_of_the_largest_table_is_above_the_default_limit()
    {
        PredictorSettings settings = PredictorSettings.For(new CompressionOptions { Profile = CompressionProfile.Best }, null);
        Assert.InRange(settings.MemoryBytes, 800L << 20, 1400L << 20);
        Assert.True((settings with { TableBits = PredictorSettings.MaxTableBits }).MemoryBytes > new DecompressionOptions().MaxMemory);
    }

    [Fact]
    public void Histories_count_what_followed_and_forget_after_surprises()
    {
        int history = 0;
        for (int i = 0; i < 10; i++)
        {
            history = BitHistory.Next(history, 1);
        }

        Assert.Equal(10, BitHistory.Total(history));
        Assert.True(BitHistory.Initial(history) > 62_000);
        int surprised = BitHistory.Next(history, 0);
        Assert.True(BitHistory.Total(surprised) < 10);
        Assert.True(BitHistory.Initial(surprised) < BitHistory.Initial(history));
        Assert.InRange(BitHistory.Count, 200, 256);
        Assert.All(Enumerable.Range(1, BitHistory.Count - 1), state => Assert.All([0, 1], bit => Assert.NotEqual(0, BitHistory.Next(state, bit))));
    }
}
