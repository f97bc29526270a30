using System.Buffers;
using System.IO.Compression;
using TransformerXL.Text;

namespace TransformerXL.Training.Corpora;

/// <summary>
/// The cost of a held-out text without a language model, in bits per Unicode character, for comparison with the bits per character of a model.
/// The general compressors must learn from the held-out text itself, while a model has read the training text,
/// so they are familiar baselines, not equal competitors.
/// </summary>
public sealed record CompressionBaselines
{
    private const int ChunkTokens = 1 << 14;

    private CompressionBaselines()
    {
    }

    /// <summary>Unicode characters of the text: the divisor of all the figures.</summary>
    public required long Characters { get; init; }

    /// <summary>Bytes of the text in UTF-8: the input of the compressors.</summary>
    public required long Bytes { get; init; }

    /// <summary>
    /// Bits per character if every token were coded by its frequency in this text: <c>-sum(n_i log2(n_i / N)) / characters</c>.
    /// No model that ignores the context can do better. Tokens are characters, or bytes for a vocabulary of bytes.
    /// </summary>
    public required double OrderZeroEntropy { get; init; }

    /// <summary>Size of the gzip file at its best level, in bits per character.</summary>
    public required double GzipBitsPerCharacter { get; init; }

    /// <summary>Size of the brotli stream at its best level (11), in bits per character.</summary>
    public required double BrotliBitsPerCharacter { get; init; }

    /// <summary>Measures a text.</summary>
    /// <exception cref="InputException">The text is empty.</exception>
    public static CompressionBaselines Measure(ReadOnlySpan<char> text)
    {
        CharacterVocabulary vocabulary = CharacterVocabulary.FromText(text);
        return Measure(TokenFile.FromIds(vocabulary.Encode(text), vocabulary.Count, name: "text"), vocabulary);
    }

    /// <summary>Measures a split of a corpus, streaming.</summary>
    /// <param name="tokens">The split.</param>
    /// <param name="vocabulary">The vocabulary that made it.</param>
    /// <param name="cancellationToken">Stops the work; brotli reads about half a megabyte per second.</param>
    /// <exception cref="InputException">The text is empty.</exception>
    public static CompressionBaselines Measure(TokenFile tokens, Vocabulary vocabulary, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        ArgumentNullException.ThrowIfNull(vocabulary);
        if (tokens.Characters == 0)
        {
            throw new InputException($"{tokens.Title} is empty; there is nothing to measure");
        }
        long[] frequencies = new long[vocabulary.Count];
        long bytes = 0;
        using var gzipSize = new CountingStream();
        using var brotliSize = new CountingStream();
        using (var gzip = new GZipStream(gzipSize, CompressionLevel.SmallestSize, leaveOpen: true))
        using (var brotli = new BrotliStream(brotliSize, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            int[] ids = new int[ChunkTokens];
            var utf8 = new ArrayBufferWriter<byte>();
            for (long start = 0; start < tokens.Count; start += ChunkTokens)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Span<int> chunk = ids.AsSpan(0, (int)Math.Min(ChunkTokens, tokens.Count - start));
                tokens.Read(start, chunk);
                foreach (int id in chunk)
                {
                    frequencies[id]++;
                }
                vocabulary.DecodeUtf8(chunk, utf8);
                gzip.Write(utf8.WrittenSpan);
                brotli.Write(utf8.WrittenSpan);
                bytes += utf8.WrittenCount;
                utf8.ResetWrittenCount();
            }
        }
        double characters = tokens.Characters;
        return new CompressionBaselines
        {
            Characters = tokens.Characters,
            Bytes = bytes,
            OrderZeroEntropy = OrderZeroBits(frequencies, tokens.Count) / characters,
            GzipBitsPerCharacter = 8 * gzipSize.Length / characters,
            BrotliBitsPerCharacter = 8 * brotliSize.Length / characters,
        };
    }

    private static double OrderZeroBits(ReadOnlySpan<long> frequencies, long total)
    {
        double bits = 0;
        foreach (long frequency in frequencies)
        {
            bits -= frequency > 0 ? frequency * Math.Log2((double)frequency / total) : 0;
        }
        return bits;
    }
}
