using System.Runtime.CompilerServices;
using TransformerXL.Inference.Serving;
using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Text;

namespace TransformerXL.Inference;

/// <summary>
/// Tells for each token of a text how well the model predicted it, in constant memory also for a text without end. The
/// first token is predicted from the <see cref="StartToken"/>, so that every token has a score and their sum is that of the whole text.
/// Scores do not depend on how the text arrives: tokens are computed in chunks of <see cref="ScoringOptions.ChunkLength"/>, and only the last one is shorter.
/// </summary>
/// <remarks>
/// The work is done on a thread of the pool. One enumeration at a time may use a backend. Scores of a string can be enumerated again; those of
/// a stream once.
/// </remarks>
public sealed class Scorer
{
    private readonly LanguageModel _model;
    private readonly Vocabulary _vocabulary;
    private readonly Backend _backend;
    private InferenceEngine? _owned;

    /// <summary>Creates a scorer.</summary>
    /// <exception cref="InputException">The vocabulary is not of the model's size.</exception>
    public Scorer(LanguageModel model, Vocabulary vocabulary, Backend backend)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(vocabulary);
        ArgumentNullException.ThrowIfNull(backend);
        StartToken.CheckSizes(vocabulary, model);
        (_model, _vocabulary, _backend) = (model, vocabulary, backend);
    }

    /// <summary>Scores a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="options">The memory.</param>
    /// <param name="cancellationToken">Ends the scoring between two chunks.</param>
    /// <returns>One score for each token, in order.</returns>
    /// <exception cref="InputException">An option is not valid.</exception>
    /// <exception cref="OperationCanceledException">The scoring was cancelled.</exception>
    public IAsyncEnumerable<TokenScore> ScoreAsync(string text, ScoringOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Start(TextInput.Of(text, _vocabulary, Encoder(options)), options, cancellationToken);
    }

    /// <summary>
    /// Scores UTF-8 text (any bytes where the vocabulary accepts them) as it comes. A byte order mark before it is left out where the text has
    /// to be UTF-8.
    /// </summary>
    /// <param name="utf8">The text; it is not closed.</param>
    /// <param name="options">The memory.</param>
    /// <param name="cancellationToken">Ends the scoring between two chunks.</param>
    /// <returns>One score for each token, in order.</returns>
    /// <exception cref="InputException">An option is not valid, or the text is not valid UTF-8 and the vocabulary needs that.</exception>
    /// <exception cref="InvalidOperationException">The scores are enumerated a second time.</exception>
    /// <exception cref="OperationCanceledException">The scoring was cancelled.</exception>
    public IAsyncEnumerable<TokenScore> ScoreAsync(Stream utf8, ScoringOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(utf8);
        return Start(TextInput.Of(utf8, _vocabulary, Encoder(options)), options, cancellationToken);
    }

    private Func<TokenEncoder> Encoder(ScoringOptions options) =>
        (options?.SpecialTokensAsText == true ? _vocabulary.ReadingSpecialTokensAsText() : _vocabulary).CreateEncoder;

    // Options are checked at the call, not when the first score is requested.
    private IAsyncEnumerable<TokenScore> Start(TextInput text, ScoringOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return Score(text, options, cancellationToken);
    }

    private async IAsyncEnumerable<TokenScore> Score(
        TextInput text, ScoringOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        TokenReader reader = text.Open();
        InferenceOptions sizes = options.Session();
        sizes = text.IsWhole ? sizes with { MemoryLength = await reader.MemoryForAsync(sizes.MemoryLength, cancellationToken).ConfigureAwait(false) } : sizes;
        // A scorer that owns the model keeps the weights of the relative rows, as the next text may need another number of rows.
        InferenceSession session = sizes.OwnsModel ? InferenceSession.Create(Owned(sizes.Precision), sizes with { OwnsModel = false }) : InferenceSession.Create(_model, _backend, sizes);
        TopTokens top = new(session, _vocabulary, options.Top);
        int[] inputs = new int[options.ChunkLength], targets = new int[options.ChunkLength];
        float[] nll = new float[options.ChunkLength];
        inputs[0] = StartToken.Of(_vocabulary, _model);
        long position = 0;
        for (int count = targets.Length; count == targets.Length;)
        {
            count = await reader.FillAsync(targets, cancellationToken).ConfigureAwait(false);
            if (count == 0)
            {
                break;
            }

            await Generator.LeaveCaller();
            cancellationToken.ThrowIfCancellationRequested();
            targets.AsSpan(0, count - 1).CopyTo(inputs.AsSpan(1));
            session.Advance(inputs.AsSpan(0, count));
            session.NegativeLogLikelihood(targets.AsSpan(0, count), nll.AsSpan(0, count));
            for (int i = 0; i < count; i++, position++)
            {
                int id = targets[i];
                yield return new TokenScore(position, id, _vocabulary.Describe(id), nll[i]) { Top = LogitRanking.WithLoss(top.After(i), id, nll[i]) };
            }

            inputs[0] = targets[count - 1];
        }
    }

    private InferenceEngine Owned(Precision precision)
    {
        _owned ??= new InferenceEngine(_model, _backend, new PreparedWeights(precision, ownsParameters: true));
        Require.That(_owned.Weights.Precision == precision, $"the scorer owns the model in {_owned.Weights.Precision}; scores in {precision} need another one");
        return _owned;
    }
}
