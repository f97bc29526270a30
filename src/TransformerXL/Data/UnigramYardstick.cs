namespace TransformerXL.Data;

/// <summary>
/// What a text costs a model that knows how often each token came in the training text and nothing else: the yardstick of
/// models of words, whose perplexity must be far lower. Each token counts once more than it came (Laplace), so that one that
/// never came costs something finite: <c>-mean(ln((n_i + 1) / (N + V)))</c>.
/// </summary>
public sealed record UnigramYardstick
{
    private const int ChunkTokens = 1 << 12;

    private UnigramYardstick()
    {
    }

    /// <summary>Nats for each token of the text.</summary>
    public required double MeanNll { get; init; }

    /// <summary>exp(<see cref="MeanNll"/>).</summary>
    public double Perplexity => Math.Exp(MeanNll);

    /// <summary>Counts the tokens of one text and measures another, streaming; memory holds a count for each token of the vocabulary.</summary>
    /// <param name="training">What the frequencies are taken from.</param>
    /// <param name="text">What is measured.</param>
    /// <param name="cancellationToken">Stops the work; about a hundred million tokens are read in a second.</param>
    /// <exception cref="InputException">The text is empty, or the two are of different vocabularies.</exception>
    public static UnigramYardstick Measure(TokenFile training, TokenFile text, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(training);
        ArgumentNullException.ThrowIfNull(text);
        Require.That(text.Count > 0, $"'{text.Name}' holds no tokens; there is nothing to measure");
        Require.That(
            training.VocabularySize == text.VocabularySize,
            $"'{training.Name}' has a vocabulary of {training.VocabularySize} tokens, but '{text.Name}' one of {text.VocabularySize}");
        long[] learned = Count(training, cancellationToken), measured = Count(text, cancellationToken);
        double total = (double)training.Count + learned.Length, sum = 0;
        for (int id = 0; id < measured.Length; id++)
        {
            sum -= measured[id] > 0 ? measured[id] * Math.Log((learned[id] + 1) / total) : 0;
        }

        return new UnigramYardstick { MeanNll = sum / text.Count };
    }

    private static long[] Count(TokenFile tokens, CancellationToken cancellationToken)
    {
        long[] frequencies = new long[tokens.VocabularySize];
        Span<int> ids = stackalloc int[ChunkTokens];
        for (long start = 0; start < tokens.Count; start += ChunkTokens)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Span<int> chunk = ids[..(int)Math.Min(ChunkTokens, tokens.Count - start)];
            tokens.Read(start, chunk);
            foreach (int id in chunk)
            {
                frequencies[id]++;
            }
        }

        return frequencies;
    }
}
