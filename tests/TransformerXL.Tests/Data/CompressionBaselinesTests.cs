using System.IO.Compression;
using System.Text;
using TransformerXL.Text;
using TransformerXL.Training.Corpora;
using Xunit;

namespace TransformerXL.Tests.Data;

public sealed class CompressionBaselinesTests
{
    [Fact]
    public void Four_equally_frequent_characters_have_two_bits() =>
        Assert.Equal(2, CompressionBaselines.Measure(string.Concat(Enumerable.Repeat("aé😀\n", 50))).OrderZeroEntropy, 12);

    [Fact]
    public void One_character_has_no_entropy() => Assert.Equal(0, CompressionBaselines.Measure("aaaa").OrderZeroEntropy);

    [Fact]
    public void Compressed_sizes_are_those_of_the_UTF_8_over_the_code_points()
    {
        string text = string.Concat(Enumerable.Range(0, 3000).Select(i => $"ligne {i * i} é😀\n"));
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        CompressionBaselines measured = CompressionBaselines.Measure(text);
        long characters = text.EnumerateRunes().Count();
        Assert.Equal((utf8.Length, characters), (measured.Bytes, measured.Characters));
        Assert.Equal(8 * Size(utf8, stream => new GZipStream(stream, CompressionLevel.SmallestSize)) / (double)characters, measured.GzipBitsPerCharacter, 0.02);
        Assert.Equal(8 * Size(utf8, stream => new BrotliStream(stream, CompressionLevel.SmallestSize)) / (double)characters, measured.BrotliBitsPerCharacter, 0.02);
        Assert.InRange(measured.BrotliBitsPerCharacter, 0.01, measured.GzipBitsPerCharacter);
    }

    [Fact]
    public void A_split_of_bytes_is_measured_per_character()
    {
        Corpus corpus = Corpus.FromText(string.Concat(Enumerable.Repeat("éü", 100)), new CorpusOptions { Vocabulary = new() { Kind = VocabularyKind.Bytes }, ValidationFraction = 0, TestFraction = 0 });
        CompressionBaselines measured = CompressionBaselines.Measure(corpus.Train, corpus.Vocabulary);
        Assert.Equal((200, 400), (measured.Characters, measured.Bytes));
        // Per two bytes: one certain half of the time (0xC3), else 0xA9 or 0xBC.
        Assert.Equal(2 * 1.5, measured.OrderZeroEntropy, 12);
    }

    [Fact]
    public void An_empty_text_is_refused() => Assert.Throws<InputException>(() => CompressionBaselines.Measure(""));

    private static long Size(byte[] content, Func<Stream, Stream> compressor)
    {
        using var buffer = new MemoryStream();
        using (Stream stream = compressor(buffer))
        {
            stream.Write(content);
        }
        return buffer.ToArray().Length;
    }
}
