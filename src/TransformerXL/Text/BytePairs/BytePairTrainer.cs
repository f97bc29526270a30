using TransformerXL.Text.BytePairs.AddedTokens;

namespace TransformerXL.Text.BytePairs;

/// <summary>
/// Learns the merges of a <see cref="BytePairVocabulary"/> from streamed text (Sennrich et al. 2016, over the bytes of
/// GPT-2's pre-tokens). The most frequent pair of neighbours becomes the next token; of pairs that are equally frequent the one with the
/// smaller left id, then the one with the smaller right id. Bytes have the ids 0..255 in GPT-2's order. Equal text and options give an
/// equal vocabulary, however the text is split into pieces. Memory holds distinct pre-tokens with their counts, not the text; pre-tokens longer than 256
/// bytes are split there. Not thread-safe.
/// </summary>
public sealed class BytePairTrainer
{
    private readonly BytePairTrainerOptions _options;
    private readonly PreTokenCounts _counts;
    private readonly ITextSink _text;

    /// <summary>Creates an empty trainer.</summary>
    /// <exception cref="InputException">An option is out of its range.</exception>
    public BytePairTrainer(BytePairTrainerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
        _counts = new PreTokenCounts(options.MaxPreTokens);
        var specials = new AddedTokenTrie(options.SpecialTokens.Select((token, i) => new AddedToken(token, i)));
        var counting = new CountingSink(_counts);
        _text = specials.IsEmpty ? counting : new AddedTokenSplitter(specials, counting);
    }

    /// <summary>Number of distinct pre-tokens in memory.</summary>
    public int PreTokens => _counts.Count;

    /// <summary>Adds text; a piece may end anywhere, even inside a character. Any bytes are accepted.</summary>
    public void Add(ReadOnlySpan<byte> utf8) => _text.Text(utf8);

    /// <summary>Ends a text: the next piece begins another text and is not joined to the end of this one.</summary>
    public void EndText() => _text.End();

    /// <summary>Learns a vocabulary from all texts added so far, the last of which is ended.</summary>
    /// <param name="progress">Reports after every 64 merges and at the end.</param>
    /// <param name="cancellationToken">Stops the training.</param>
    /// <exception cref="OperationCanceledException">The training was stopped; it may be started again.</exception>
    public BytePairVocabulary Train(IProgress<BytePairTrainingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        EndText();
        return new BytePairVocabulary(new BytePairTraining(_options).Run(_counts, progress, cancellationToken));
    }

    /// <summary>Counts the pre-tokens between special tokens.</summary>
    private sealed class CountingSink(PreTokenCounts counts) : ITextSink
    {
        private readonly PreTokenReader _reader = new(new PreTokenScanner(), addPrefixSpace: false, BytePairLimits.TrainedPreTokenBytes);

        public void Text(ReadOnlySpan<byte> text)
        {
            while (!text.IsEmpty)
            {
                text = text[_reader.Fill(text)..];
                Count(ended: false);
            }
        }

        public void Token(int id) => End();

        public void End()
        {
            Count(ended: true);
            _reader.Reset();
        }

        private void Count(bool ended)
        {
            while (_reader.TryRead(ended, out ReadOnlySpan<byte> preToken))
            {
                counts.Add(preToken);
            }
        }
    }
}
