using System.Runtime.CompilerServices;
using TransformerXL.Data;
using TransformerXL.Models;
using TransformerXL.Tensors.Kernels;

namespace TransformerXL.Inference;

/// <summary>
/// Tells for each token of a text how well the model predicted it, in constant memory also for a text without end. The
/// first token is predicted from a newline where the vocabulary has one, else from the token that the model holds for the
/// most common, so that every token has a score and their sum is that of the whole text.
/// </summary>
/// <remarks>The work is done on a thread of the pool. One enumeration at a time may use a backend.</remarks>
public sealed class Scorer
{
    private readonly LanguageModel _model;
    private readonly Vocabulary _vocabulary;
    private readonly CpuBackend _backend;

    /// <summary>Creates a scorer.</summary>
    /// <exception cref="InputException">The vocabulary is not of the model's size.</exception>
    public Scorer(LanguageModel model, Vocabulary vocabulary, CpuBackend backend)
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
        return Start(TokenReader.From(new StringReader(text), Encoder(options)), options, cancellationToken);
    }

    /// <summary>Scores UTF-8 text (any bytes where the vocabulary accepts them) as it comes.</summary>
    /// <param name="utf8">The text; it is not closed.</param>
    /// <param name="options">The memory.</param>
    /// <param name="cancellationToken">Ends the scoring between two chunks.</param>
    /// <returns>One score for each token, in order.</returns>
    /// <exception cref="InputException">An option is not valid, or the text is not valid UTF-8 and the vocabulary needs that.</exception>
    /// <exception cref="OperationCanceledException">The scoring was cancelled.</exception>
    public IAsyncEnumerable<TokenScore> ScoreAsync(Stream utf8, ScoringOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(utf8);
        return Start(TokenReader.From(utf8, Encoder(options)), options, cancellationToken);
    }

    private TokenEncoder Encoder(ScoringOptions options) =>
        (options?.SpecialTokensAsText == true ? _vocabulary.ReadingSpecialTokensAsText() : _vocabulary).CreateEncoder();

    // Options are checked at the call, not when the first score is asked for.
    private IAsyncEnumerable<TokenScore> Start(TokenReader reader, ScoringOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return Score(reader, options, cancellationToken);
    }

    private async IAsyncEnumerable<TokenScore> Score(
        TokenReader reader, ScoringOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        InferenceSession session = InferenceSession.Create(_model, _backend, options.Session());
        int[] inputs = new int[options.ChunkLength];
        float[] nll = new float[options.ChunkLength];
        int previous = StartToken.Of(_vocabulary, _model);
        long position = 0;
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false) is { Length: > 0 } tokens)
        {
            while (tokens.Length > 0)
            {
                await Generator.LeaveCaller();
                cancellationToken.ThrowIfCancellationRequested();
                int count = Math.Min(tokens.Length, options.ChunkLength);
                ReadOnlyMemory<int> targets = tokens[..count];
                inputs[0] = previous;
                targets.Span[..^1].CopyTo(inputs.AsSpan(1));
                session.Advance(inputs.AsSpan(0, count));
                session.NegativeLogLikelihood(targets.Span, nll.AsSpan(0, count));
                for (int i = 0; i < count; i++, position++)
                {
                    int id = targets.Span[i];
                    yield return new TokenScore(position, id, _vocabulary.Describe(id), nll[i]);
                }

                previous = targets.Span[^1];
                tokens = tokens[count..];
            }
        }
    }
}
