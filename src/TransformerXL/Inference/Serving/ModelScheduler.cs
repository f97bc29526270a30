using TransformerXL.Models;
using TransformerXL.Tensors.Cpu;
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
    /// <summary>Starts the scheduler.</summary>
    /// <param name="model">The weights; they must not change while the scheduler lives.</param>
    /// <param name="vocabulary">What its tokens stand for.</param>
    /// <param name="backend">What computes.</param>
    /// <param name="options">The limits.</param>
    /// <exception cref="InputException">An option is not valid, or the vocabulary is not of the model's size.</exception>
    public ModelScheduler(LanguageModel model, Vocabulary vocabulary, CpuBackend backend, SchedulerOptions options) =>
        throw new NotImplementedException();

    /// <summary>The limits.</summary>
    public SchedulerOptions Options { get; } = null!;

    /// <summary>The weights.</summary>
    public LanguageModel Model { get; } = null!;

    /// <summary>What the tokens stand for.</summary>
    public Vocabulary Vocabulary { get; } = null!;

    /// <summary>Bytes of the state of one session.</summary>
    public long SessionBytes { get; }

    /// <summary>What is done now and has been done.</summary>
    public SchedulerStatistics Statistics => throw new NotImplementedException();

    /// <summary>Accepts a prompt to be continued.</summary>
    /// <param name="request">The prompt and how to write.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>The updates of all continuations, each with a last one that has a <see cref="GenerationUpdate.FinishReason"/>. Dispose or enumerate it.</returns>
    /// <exception cref="InputException">A value of the request is not valid.</exception>
    /// <exception cref="SchedulerBusyException">Too many requests wait already.</exception>
    /// <exception cref="SchedulerStoppedException">The scheduler stops.</exception>
    public ResultStream<GenerationUpdate> Generate(GenerationRequest request, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Accepts a text to be scored, as <see cref="Scorer"/> and <c>txl score</c> do.</summary>
    /// <param name="request">The text.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>One score for each token, in order. Dispose or enumerate it.</returns>
    /// <inheritdoc cref="Generate" path="/exception"/>
    public ResultStream<TokenScore> Score(ScoreRequest request, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Turns a text into one vector, as <see cref="Embedder"/> does.</summary>
    /// <param name="request">The text.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <inheritdoc cref="Generate" path="/exception"/>
    /// <exception cref="OperationCanceledException">The request was cancelled.</exception>
    /// <exception cref="TimeoutException">The time of the request ran out.</exception>
    /// <exception cref="NotFiniteException">The weights are damaged or too large to compute with.</exception>
    public Task<TextEmbedding> EmbedAsync(EmbeddingRequest request, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Runs other work on the scheduler's thread between two steps, for example an analysis that uses the backend. Streams wait meanwhile.</summary>
    /// <param name="work">The work.</param>
    /// <param name="cancellationToken">Cancels the work unless it has begun.</param>
    public Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Accepts no more requests and waits until those in progress are complete.</summary>
    /// <param name="cancellationToken">Ends the wait: what is not complete then is cancelled.</param>
    public Task StopAsync(CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Cancels everything and ends the thread.</summary>
    public ValueTask DisposeAsync() => throw new NotImplementedException();
}
