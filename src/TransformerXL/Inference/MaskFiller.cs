using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Text;

namespace TransformerXL.Inference;

/// <summary>
/// Predicts masked tokens with a model that reads in both directions, and scores texts by masking each of their tokens in turn. One thread at a time may use it, and
/// one at a time a backend. Results do not depend on the number of threads.
/// </summary>
public sealed class MaskFiller
{
    /// <summary>The mark of a masked token in a text. The vocabulary's own name of the mask, such as <c>&lt;mask&gt;</c>, works too.</summary>
    public const string Mark = "[MASK]";

    private const int StreamsOfScore = 16;

    private readonly LanguageModel _model;
    private readonly Vocabulary _vocabulary;
    private readonly Backend _backend;
    private readonly ContextConfiguration _context;
    private readonly int _mask;
    private readonly TextTemplate _template;
    private readonly Dictionary<int, MaskedReader> _readers = [];

    /// <summary>Creates one for a model folder.</summary>
    /// <param name="trained">The model, its vocabulary, and the length of its segments.</param>
    /// <param name="backend">The backend that computes.</param>
    /// <exception cref="InputException">The model predicts the next token, its vocabulary has no mask, or its segments have no room for text.</exception>
    public MaskFiller(ModelFolder trained, Backend backend)
    {
        ArgumentNullException.ThrowIfNull(trained);
        ArgumentNullException.ThrowIfNull(backend);
        (_model, _vocabulary, _backend) = (trained.Model, trained.Vocabulary, backend);
        Require.That(
            !_model.Configuration.IsCausal,
            $"{trained.Path} is a model of the family {_model.Configuration.Family.Name}, which predicts the next token; masks are filled by a model that reads a text in both directions");
        _mask = _vocabulary.MaskId ?? throw new InputException($"the vocabulary of {trained.Path} has no {Mark}");
        (_context, _template) = (trained.Configuration.Context with { MemoryLength = 0 }, new TextTemplate(_vocabulary));
        MaxTokens = _template.RoomIn(_context.TargetLength);
    }

    /// <summary>The most tokens of a text that are read together, without the special tokens at its ends.</summary>
    public int MaxTokens { get; }

    /// <summary>Predicts the masked tokens of a text.</summary>
    /// <param name="text">The text; <see cref="Mark"/> stands for each masked token.</param>
    /// <param name="top">How many of the most probable tokens are wanted.</param>
    /// <returns>One entry for each mask, in the order of the text.</returns>
    /// <exception cref="InputException">The text has no mask, or more tokens than a segment.</exception>
    /// <exception cref="NotFiniteException">The weights are damaged or too large to compute with.</exception>
    public IReadOnlyList<FilledMask> Fill(string text, int top = 5)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentOutOfRangeException.ThrowIfLessThan(top, 1);
        List<int> ids = Tokens(text);
        Require.That(ids.Contains(_mask), $"the text has no {Mark}; put it where a token is to be predicted");
        Require.That(ids.Count <= MaxTokens, $"the text has {ids.Count} tokens, but the model reads at most {MaxTokens} together; use a shorter text");
        int[] read = _template.Around([.. ids]);
        int[] places = [.. Enumerable.Range(0, read.Length).Where(i => read[i] == _mask)];
        FilledMask[] filled = new FilledMask[places.Length];
        MaskedReader reader = Reader(1);
        reader.Forget();
        reader.Read(read, [], places, (place, logits) => filled[place] = new FilledMask(place, MostProbable(logits, top)));
        return filled;
    }

    /// <summary>
    /// Scores a text by pseudo-likelihood: each token is masked in turn, and its probability taken from all others of its segment (Salazar et al. 2020,
    /// "Masked Language Model Scoring"). The exponential of the mean is the pseudo-perplexity.
    /// </summary>
    /// <param name="utf8">The text, which is read to its end and is not closed.</param>
    /// <param name="top">How many of the most probable tokens are wanted at each place; 0 for none.</param>
    /// <param name="cancellationToken">Ends the reading between two batches.</param>
    /// <exception cref="InputException">The text is not valid UTF-8 and the vocabulary needs that.</exception>
    /// <exception cref="NotFiniteException">The weights are damaged or too large to compute with.</exception>
    /// <exception cref="OperationCanceledException">The reading was cancelled.</exception>
    public async IAsyncEnumerable<TokenScore> ScoreAsync(Stream utf8, int top = 0, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(utf8);
        ArgumentOutOfRangeException.ThrowIfNegative(top);
        TokenReader reader = TokenReader.From(utf8, _vocabulary.ReadingSpecialTokensAsText().CreateEncoder());
        int[] segment = new int[MaxTokens];
        long position = 0;
        for (int count = segment.Length; count == segment.Length;)
        {
            count = await reader.FillAsync(segment, cancellationToken).ConfigureAwait(false);
            for (int first = 0; first < count; first += StreamsOfScore)
            {
                cancellationToken.ThrowIfCancellationRequested();
                foreach (TokenScore score in Score(segment.AsSpan(0, count), first, Math.Min(StreamsOfScore, count - first), position, top))
                {
                    yield return score;
                }
            }

            position += count;
        }
    }

    /// <summary>The scores of some tokens of a segment, each masked in a stream of its own.</summary>
    private TokenScore[] Score(ReadOnlySpan<int> segment, int first, int streams, long position, int top)
    {
        int[] read = _template.Around(segment), ids = new int[read.Length * streams], places = new int[streams];
        int before = _template.Before.Length;
        for (int i = 0; i < ids.Length; i++)
        {
            ids[i] = read[i / streams];
        }

        for (int stream = 0; stream < streams; stream++)
        {
            places[stream] = ((before + first + stream) * streams) + stream;
            ids[places[stream]] = _mask;
        }

        TokenScore[] scores = new TokenScore[streams];
        int[] targets = segment.Slice(first, streams).ToArray();
        MaskedReader reader = Reader(streams);
        reader.Forget();
        reader.Read(ids, [], places, (stream, logits) =>
        {
            int id = targets[stream];
            double nll = MaskedReader.Measure(logits, id, _model).Nll;
            scores[stream] = new TokenScore(position + first + stream, id, _vocabulary.Describe(id), nll) { Top = top > 0 ? MostProbable(logits, top) : [] };
        });
        return scores;
    }

    /// <summary>The tokens of a text with masks. Other names of special tokens are plain text.</summary>
    private List<int> Tokens(string text)
    {
        Vocabulary plain = _vocabulary.ReadingSpecialTokensAsText();
        ArrayBufferWriter<int> tokens = new();
        string[] parts = text.Replace(_vocabulary.Describe(_mask), Mark, StringComparison.Ordinal).Split(Mark);
        for (int part = 0; part < parts.Length; part++)
        {
            TokenEncoder encoder = plain.CreatePromptEncoder();
            string own = part < parts.Length - 1 && _vocabulary.MaskTakesSpaceBefore ? parts[part].TrimEnd() : parts[part];
            encoder.Append(Encoding.UTF8.GetBytes(own), tokens);
            encoder.Complete(tokens);
            if (part < parts.Length - 1)
            {
                tokens.Write([_mask]);
            }
        }

        return [.. tokens.WrittenSpan];
    }

    private MaskedReader Reader(int streams) =>
        _readers.TryGetValue(streams, out MaskedReader? reader) ? reader : _readers[streams] = new MaskedReader(_model, _backend, _context, streams);

    private TokenProbability[] MostProbable(ReadOnlySpan<float> logits, int top)
    {
        int[] order = [.. Enumerable.Range(0, logits.Length)];
        float[] values = logits.ToArray();
        Array.Sort(order, (one, other) => values[other].CompareTo(values[one]) is not 0 and var larger ? larger : one.CompareTo(other));
        double sum = MaskedReader.LogSumExp(values, order[0], _model);
        return [.. order.Take(top).Select(id => new TokenProbability(id, _vocabulary.Describe(id), values[id] - sum))];
    }
}
