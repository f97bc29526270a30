using TransformerXL.Inference.Serving;
using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Text;

namespace TransformerXL.Inference;

/// <summary>
/// Turns a text of any length into one vector (d) in constant memory: the hidden states that the model gives out after each token of the text,
/// pooled. As every text, it is read after a <see cref="StartToken"/>, whose own state does not count. A model that reads in both directions takes the text in segments, each
/// between its special tokens, whose states count too; a text without tokens then has the vector of its special tokens.
/// </summary>
/// <remarks>
/// The result does not depend on how the text arrives, nor on the number of threads; <see cref="InferenceOptions.MaxSegment"/>, the tokens that are computed
/// together, changes it by rounding only. The work is done on a thread of the pool. One call at a time may use a backend. The prepared weights are shared by all texts: a model that was trained further
/// needs a new embedder.
/// </remarks>
public sealed class Embedder
{
    private readonly LanguageModel _model;
    private readonly Vocabulary _vocabulary;
    private readonly Backend _backend;
    private InferenceEngine? _engine;

    /// <summary>Creates an embedder.</summary>
    /// <exception cref="InputException">The vocabulary is not of the model's size.</exception>
    public Embedder(LanguageModel model, Vocabulary vocabulary, Backend backend)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(vocabulary);
        ArgumentNullException.ThrowIfNull(backend);
        StartToken.CheckSizes(vocabulary, model);
        (_model, _vocabulary, _backend) = (model, vocabulary, backend);
    }

    /// <summary>Embeds a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="options">The pooling and the memory.</param>
    /// <param name="cancellationToken">Ends the reading between two segments.</param>
    /// <returns>d numbers.</returns>
    /// <exception cref="InputException">An option is not valid, or the text is empty.</exception>
    /// <exception cref="NotFiniteException">The weights are damaged or too large to compute with.</exception>
    /// <exception cref="OperationCanceledException">The reading was cancelled.</exception>
    public Task<float[]> EmbedAsync(string text, EmbeddingOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Start(TextInput.Of(text, _vocabulary, Encoder(options)), options, cancellationToken);
    }

    /// <summary>Embeds UTF-8 text (any bytes where the vocabulary accepts them), which is read to its end and is not closed.</summary>
    /// <inheritdoc cref="EmbedAsync(string, EmbeddingOptions, CancellationToken)"/>
    /// <param name="utf8">The text.</param>
    /// <param name="options">The pooling and the memory.</param>
    /// <param name="cancellationToken">Ends the reading between two segments.</param>
    public Task<float[]> EmbedAsync(Stream utf8, EmbeddingOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(utf8);
        return Start(TextInput.Of(utf8, _vocabulary, Encoder(options)), options, cancellationToken);
    }

    private Func<TokenEncoder> Encoder(EmbeddingOptions options) =>
        (options?.SpecialTokensAsText == true ? _vocabulary.ReadingSpecialTokensAsText() : _vocabulary).CreateEncoder;

    // Options are checked at the call, not when the task is awaited.
    private Task<float[]> Start(TextInput text, EmbeddingOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        HiddenPooling.Check(_model, options.Pooling);
        return EmbedAsync(text, options, cancellationToken);
    }

    private async Task<float[]> EmbedAsync(TextInput text, EmbeddingOptions options, CancellationToken cancellationToken)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        TokenReader reader = text.Open();
        if (!_model.Configuration.IsCausal)
        {
            return await EncodeAsync(reader, options, cancellationToken).ConfigureAwait(false);
        }

        int memory = await reader.MemoryForAsync(options.Session.MemoryLength, cancellationToken).ConfigureAwait(false);
        // The weights of the relative rows are kept, as the next text needs another number of rows.
        InferenceSession session = InferenceSession.Create(Engine(options.Session), options.Session with { MemoryLength = memory, OwnsModel = false });
        session.Advance([StartToken.Of(_vocabulary, _model)], results: 1);
        int[] chunk = new int[options.Session.MaxSegment];
        HiddenPooling pooling = new(_model, options.Pooling);
        long tokens = 0;
        for (int count = chunk.Length; count == chunk.Length;)
        {
            count = await reader.FillAsync(chunk, cancellationToken).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            if (count > 0)
            {
                session.Advance(chunk.AsSpan(0, count), options.Pooling == EmbeddingPooling.Last ? 1 : count);
                pooling.Add(session, count);
                tokens += count;
            }
        }

        Require.That(tokens > 0, "the text has no tokens, so there is nothing to embed");
        return pooling.Result(options.Normalizes);
    }

    /// <summary>The prepared weights and the working memory of all texts that are embedded in one precision.</summary>
    private InferenceEngine Engine(InferenceOptions options) => _engine?.Weights.Precision == options.Precision
        ? _engine
        : _engine = new InferenceEngine(_model, _backend, new PreparedWeights(options.Precision, options.OwnsModel));

    /// <summary>The same with a model that reads in both directions, segment by segment: with <see cref="EmbeddingPooling.Last"/> the state of the last token.</summary>
    private async Task<float[]> EncodeAsync(TokenReader reader, EmbeddingOptions options, CancellationToken cancellationToken)
    {
        SegmentEncoder encoder = new(_model, _vocabulary, _backend, options.Session, Engine(options.Session).Weights);
        HiddenPooling pooling = new(_model, options.Pooling);
        int[] chunk = new int[encoder.Room];
        long tokens = 0;
        for (int count = chunk.Length; count == chunk.Length; tokens += count)
        {
            count = await reader.FillAsync(chunk, cancellationToken).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            if (count > 0 || (tokens == 0 && encoder.ReadsNothing))
            {
                encoder.Read(chunk.AsSpan(0, count), pooling);
            }
        }

        Require.That(tokens > 0 || encoder.ReadsNothing, "the text has no tokens, so there is nothing to embed");
        return pooling.Result(options.Normalizes);
    }
}
