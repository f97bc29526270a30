using TransformerXL.Text;

namespace TransformerXL.Training.Corpora;

/// <summary>
/// The loss of a model that knows only the token frequencies of the training text: the baseline of
/// word models, whose perplexity must be far lower. One is added to each count (Laplace), so that a token that
/// never occurred has a finite loss: <c>-mean(ln((n_i + 1) / (N + V)))</c>.
/// </summary>
public sealed record UnigramBaseline
{
    private const int ChunkTokens = 1 << 12;

    private UnigramBaseline()
    {
    }

    /// <summary>Nats for each token of the text.</summary>
    public required double MeanNll { get; init; }

    /// <summary>exp(<see cref="MeanNll"/>).</summary>
    public double Perplexity => Math.Exp(MeanNll);

    /// <summary>Counts the tokens of one text and measures another, streaming; it stores a count for each token of the vocabulary.</summary>
    /// <param name="training">The text that gives the frequencies.</param>
    /// <param name="text">The text to measure.</param>
    /// <param name="cancellationToken">Stops the work; about a hundred million tokens are read in a second.</param>
    /// <exception cref="InputException">The text is empty, or the two are of different vocabularies.</exception>
    public static UnigramBaseline Measure(TokenFile training, TokenFile text, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(training);
        ArgumentNullException.ThrowIfNull(text);
        Require.That(text.Count > 0, $"{text.Title} is empty; there is nothing to measure");
        Require.That(
            training.VocabularySize == text.VocabularySize,
            $"{training.Title} has a vocabulary of {training.VocabularySize} tokens, but {text.Title} one of {text.VocabularySize}");
        long[] learned = Count(training, cancellationToken), measured = Count(text, cancellationToken);
        double total = (double)training.Count + learned.Length, sum = 0;
        for (int id = 0; id < measured.Length; id++)
        {
            sum -= measured[id] > 0 ? measured[id] * Math.Log((learned[id] + 1) / total) : 0;
        }

        return new UnigramBaseline { MeanNll = sum / text.Count };
    }

    /// <summary>
    /// The unigram entropy of a text in nats per token, <c>-sum(p_i ln p_i)</c> of its token frequencies: the loss of a model that knows
    /// only how often each token occurs. 0 for an empty text.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="max">The maximum number of tokens to read; a longer text is sampled in chunks spread evenly over it.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    public static double Entropy(TokenFile text, long max = 1 << 24, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentOutOfRangeException.ThrowIfLessThan(max, 1);
        long chunks = (text.Count + ChunkTokens - 1) / ChunkTokens, read = Math.Min(chunks, Math.Max(1, max / ChunkTokens)), total = 0;
        long[] frequencies = new long[text.VocabularySize];
        for (long i = 0; i < read; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            long start = (long)((Int128)i * chunks / read) * ChunkTokens;
            total += Count(text, start, (int)Math.Min(ChunkTokens, text.Count - start), frequencies);
        }

        return -frequencies.Where(frequency => frequency > 0).Sum(frequency => (double)frequency / total * Math.Log((double)frequency / total));
    }

    private static int Count(TokenFile tokens, long start, int count, long[] frequencies)
    {
        Span<int> ids = stackalloc int[ChunkTokens];
        ids = ids[..count];
        tokens.Read(start, ids);
        foreach (int id in ids)
        {
            frequencies[id]++;
        }

        return count;
    }

    private static long[] Count(TokenFile tokens, CancellationToken cancellationToken)
    {
        long[] frequencies = new long[tokens.VocabularySize];
        for (long start = 0; start < tokens.Count; start += ChunkTokens)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Count(tokens, start, (int)Math.Min(ChunkTokens, tokens.Count - start), frequencies);
        }

        return frequencies;
    }
}
