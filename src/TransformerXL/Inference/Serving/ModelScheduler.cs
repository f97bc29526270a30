using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Text;

namespace TransformerXL.Inference.Serving;

/// <summary>
/// Serves many requests with one model on one backend. A thread of its own does all of the work: streams of different ages and lengths read their
/// next token together, and prompts are read in chunks between these steps. Results do not depend on who else is served: they are bit for bit
/// those of a session alone.
/// </summary>
/// <remarks>
/// Nobody else may use the backend while the scheduler lives; <see cref="RunAsync{T}"/> lends it. All members can be called from any thread.
/// </remarks>
public sealed class ModelScheduler : IAsyncDisposable
{
    private readonly SchedulerThread _thread;
    private readonly SessionPool _pool;
    private readonly Backend _backend;
    private readonly PreparedWeights _encoderWeights;
    private readonly SegmentEncoder? _encoder;
    private readonly int _start;
    private int _disposed;

    /// <summary>Starts the scheduler.</summary>
    /// <param name="model">The weights; they must not change while the scheduler lives.</param>
    /// <param name="vocabulary">What its tokens stand for.</param>
    /// <param name="backend">The backend that computes.</param>
    /// <param name="options">The limits.</param>
    /// <exception cref="InputException">An option is not valid, or the vocabulary is not of the model's size.</exception>
    public ModelScheduler(LanguageModel model, Vocabulary vocabulary, Backend backend, SchedulerOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(vocabulary);
        ArgumentNullException.ThrowIfNull(backend);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        StartToken.CheckSizes(vocabulary, model);
        (Model, Vocabulary, Options, _backend) = (model, vocabulary, options, backend);
        _start = StartToken.Of(vocabulary, model);
        _encoderWeights = new PreparedWeights(options.Session.Precision);
        _encoder = model.Configuration.IsCausal ? null : NewEncoder();
        _pool = new SessionPool(model, backend, options, kept: 2 * options.MaxStreams);
        PrefixCache prefixes = new(_pool, options.PrefixMemory);
        Metrics = new SchedulerMetrics(options, () => Statistics);
        _thread = new SchedulerThread(new WorkContext(vocabulary, _pool, prefixes, options), options, Metrics);
    }

    /// <summary>The limits.</summary>
    public SchedulerOptions Options { get; }

    /// <summary>The weights.</summary>
    public LanguageModel Model { get; }

    /// <summary>What the tokens stand for.</summary>
    public Vocabulary Vocabulary { get; }

    /// <summary>Bytes of the state of one session.</summary>
    public long SessionBytes => _pool.SessionBytes;

    /// <summary>What is done now and has been done.</summary>
    public SchedulerStatistics Statistics => _thread.Statistics;

    /// <summary>Sessions of conversations; used on the scheduler's thread only.</summary>
    internal SessionPool Pool => _pool;

    internal SchedulerMetrics Metrics { get; }

    /// <summary>Accepts a prompt to be continued.</summary>
    /// <param name="request">The prompt and how to write.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>The updates of all continuations, each with a last one that has a <see cref="GenerationUpdate.FinishReason"/>. Dispose or enumerate it.</returns>
    /// <exception cref="InputException">A value of the request is not valid.</exception>
    /// <exception cref="SchedulerBusyException">Too many requests wait already.</exception>
    /// <exception cref="SchedulerStoppedException">The scheduler stops.</exception>
    public ResultStream<GenerationUpdate> Generate(GenerationRequest request, CancellationToken cancellationToken = default) =>
        Generate(request, null, null, cancellationToken);

    /// <summary>Accepts a text to be scored, as <see cref="Scorer"/> does.</summary>
    /// <param name="request">The text.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>One score for each token, in order. Dispose or enumerate it.</returns>
    /// <inheritdoc cref="Generate(GenerationRequest, CancellationToken)" path="/exception"/>
    public ResultStream<TokenScore> Score(ScoreRequest request, CancellationToken cancellationToken = default) => Score(request, null, null, cancellationToken);

    /// <summary>Turns a text into one vector, as <see cref="Embedder"/> does.</summary>
    /// <param name="request">The text.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <inheritdoc cref="Generate(GenerationRequest, CancellationToken)" path="/exception"/>
    /// <exception cref="OperationCanceledException">The request was cancelled.</exception>
    /// <exception cref="TimeoutException">The time of the request ran out.</exception>
    /// <exception cref="NotFiniteException">The weights are damaged or too large to compute with.</exception>
    public Task<TextEmbedding> EmbedAsync(EmbeddingRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        request.Validate();
        HiddenPooling.Check(Model, request.Pooling);
        int[] tokens = request.Prompt.Encode(Vocabulary, continues: false).Tokens;
        Require.That(tokens.Length > 0, "the text has no tokens, so there is nothing to embed");
        PooledJob job = Model.Configuration.IsCausal
            ? new EmbeddingJob(request, Model, tokens, _start, Options.Session.MaxSegment)
            : new EncoderEmbeddingJob(request, Model, tokens, _encoder is { ForgetsSegments: true } shared ? shared : NewEncoder());
        _thread.Submit(job, cancellationToken);
        return job.Result;
    }

    private SegmentEncoder NewEncoder() => new(Model, Vocabulary, _backend, Options.Session, _encoderWeights);

    /// <summary>Runs other work on the scheduler's thread between two steps, for example an analysis that uses the backend. Streams wait meanwhile.</summary>
    /// <param name="work">The work.</param>
    /// <param name="cancellationToken">Cancels the work unless it has begun.</param>
    /// <exception cref="SchedulerStoppedException">The scheduler was disposed.</exception>
    public Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(work);
        if (Volatile.Read(ref _disposed) != 0)
        {
            throw new SchedulerStoppedException("the scheduler was disposed and does no more work");
        }

        TaskCompletionSource<T> result = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _thread.Post(() =>
        {
            if (cancellationToken.IsCancellationRequested)
            {
                result.TrySetCanceled(cancellationToken);
                return;
            }

            try
            {
                result.TrySetResult(work());
            }
            catch (Exception fault)
            {
                result.TrySetException(fault);
            }
        });
        return result.Task;
    }

    /// <summary>Accepts no more requests and waits until those in progress are complete.</summary>
    /// <param name="cancellationToken">Ends the wait: what is not complete then is cancelled.</param>
    public async Task StopAsync(CancellationToken cancellationToken = default)
    {
        Task drained = _thread.Drain();
        using (cancellationToken.UnsafeRegister(static thread => ((SchedulerThread)thread!).Abort(), _thread))
        {
            await drained.ConfigureAwait(false);
        }
    }

    /// <summary>Cancels everything and ends the thread.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            Task drained = _thread.Drain();
            _thread.Quit();
            await drained.ConfigureAwait(false);
            Metrics.Dispose();
        }

        await _thread.Ended.ConfigureAwait(false);
    }

    /// <summary>The same into a conversation, whose session nobody else uses meanwhile.</summary>
    internal ResultStream<GenerationUpdate> Generate(
        GenerationRequest request, InferenceSession? session, Func<Job, Task>? finishing, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        Model.RequireCausal("write text");
        request.Validate(Vocabulary, Math.Min(Options.MaxStreams, Options.MaxStreamsPerClient ?? Options.MaxStreams));
        EncodedPrompt prompt = request.Prompt.Encode(Vocabulary, continues: true);
        GenerationJob job = new(request, Vocabulary, prompt, StartOf(session), Options, session) { Finishing = finishing };
        job.Results.Attach(() => job.RequestEnd(JobEnd.Cancelled), _thread.Wake);
        _thread.Submit(job, cancellationToken);
        return job.Results;
    }

    /// <inheritdoc cref="Generate(GenerationRequest, InferenceSession?, Func{Job, Task}?, CancellationToken)"/>
    internal ResultStream<TokenScore> Score(ScoreRequest request, InferenceSession? session, Func<Job, Task>? finishing, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        Model.RequireCausal("score a text from left to right");
        request.Validate();
        int[] tokens = request.Prompt.Encode(Vocabulary, continues: session is not null).Tokens;
        ResultStream<TokenScore> results = new(Options.MaxBufferedResults, tokens.Length);
        ScoreJob job = new(request, Vocabulary, tokens, StartOf(session), Options.Session.MaxSegment, session, results) { Finishing = finishing };
        results.Attach(() => job.RequestEnd(JobEnd.Cancelled), _thread.Wake);
        _thread.Submit(job, cancellationToken);
        return results;
    }

    private int? StartOf(InferenceSession? session) => session is null || session.Tokens == 0 ? _start : null;
}
