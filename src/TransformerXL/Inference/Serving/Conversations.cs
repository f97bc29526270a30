namespace TransformerXL.Inference.Serving;

/// <summary>
/// Sessions that outlive a request. Each has an id that cannot be guessed and belongs to an owner; who gives another owner is told that there is no such
/// conversation. A client sends only what is new, and the conversation remembers the rest at constant size.
/// </summary>
/// <remarks>
/// One operation at a time uses a conversation; others wait in the order of their arrival, up to <see cref="ConversationOptions.MaxWaiting"/>. After a
/// cancelled or failed generation the conversation has read what was drawn; <see cref="RestoreAsync"/> goes back to what was saved.
/// All members can be called from any thread.
/// </remarks>
public sealed class Conversations : IAsyncDisposable
{
    /// <summary>Keeps conversations with the model of a scheduler.</summary>
    /// <param name="scheduler">Computes; it must outlive this object.</param>
    /// <param name="options">Limits and store.</param>
    /// <exception cref="InputException">An option is not valid.</exception>
    public Conversations(ModelScheduler scheduler, ConversationOptions options) => throw new NotImplementedException();

    /// <summary>Limits and store.</summary>
    public ConversationOptions Options { get; } = null!;

    /// <summary>How many conversations are kept.</summary>
    public ConversationStatistics Statistics => throw new NotImplementedException();

    /// <summary>Opens a conversation that has read nothing.</summary>
    /// <param name="owner">To whom it belongs.</param>
    /// <param name="name">A name for people.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <exception cref="SchedulerBusyException">There is no room for another one.</exception>
    public Task<ConversationInfo> OpenAsync(string owner, string name = "", CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>What is known of a conversation.</summary>
    /// <exception cref="SessionNotFoundException">The owner has no such conversation.</exception>
    public Task<ConversationInfo> GetAsync(string owner, string id, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>The conversations of an owner, the most recently used first.</summary>
    public Task<IReadOnlyList<ConversationInfo>> ListAsync(string owner, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Changes the name.</summary>
    /// <exception cref="SessionNotFoundException">The owner has no such conversation.</exception>
    public Task<ConversationInfo> RenameAsync(string owner, string id, string name, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Reads a text into a conversation.</summary>
    /// <exception cref="SessionNotFoundException">The owner has no such conversation.</exception>
    /// <exception cref="SchedulerBusyException">Too many requests wait already.</exception>
    /// <exception cref="OperationCanceledException">The request was cancelled; whole chunks may have been read.</exception>
    /// <exception cref="SessionConflictException">Another process has changed the conversation.</exception>
    public Task<ConversationInfo> ReadAsync(string owner, string id, Prompt prompt, TimeSpan? timeout = null, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Reads UTF-8 text of any length in constant memory.</summary>
    /// <inheritdoc cref="ReadAsync(string, string, Prompt, TimeSpan?, CancellationToken)" path="/exception"/>
    public Task<ConversationInfo> ReadAsync(string owner, string id, Stream utf8, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Reads a text into a conversation and tells how well each token was predicted from all that was read before.</summary>
    /// <inheritdoc cref="ReadAsync(string, string, Prompt, TimeSpan?, CancellationToken)" path="/exception"/>
    public Task<ResultStream<TokenScore>> ScoreAsync(string owner, string id, ScoreRequest request, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Reads the prompt, possibly empty, into a conversation and continues it. The conversation has read every token drawn when the last update comes.</summary>
    /// <inheritdoc cref="ReadAsync(string, string, Prompt, TimeSpan?, CancellationToken)" path="/exception"/>
    public Task<ResultStream<GenerationUpdate>> GenerateAsync(string owner, string id, GenerationRequest request, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Opens a copy, which goes on independently.</summary>
    /// <inheritdoc cref="ReadAsync(string, string, Prompt, TimeSpan?, CancellationToken)" path="/exception"/>
    public Task<ConversationInfo> ForkAsync(string owner, string id, string name = "", CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Saves a conversation: when the task is complete, a kill of the process does not lose it.</summary>
    /// <inheritdoc cref="ReadAsync(string, string, Prompt, TimeSpan?, CancellationToken)" path="/exception"/>
    /// <exception cref="InputException">There is no store, or it is full.</exception>
    public Task<ConversationInfo> SaveAsync(string owner, string id, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Goes back to the state that was saved last.</summary>
    /// <inheritdoc cref="ReadAsync(string, string, Prompt, TimeSpan?, CancellationToken)" path="/exception"/>
    /// <exception cref="InputException">There is no store, or it does not hold the conversation.</exception>
    public Task<ConversationInfo> RestoreAsync(string owner, string id, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Deletes a conversation, in the store too.</summary>
    /// <exception cref="SessionNotFoundException">The owner has no such conversation.</exception>
    public Task DeleteAsync(string owner, string id, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Writes the state of a conversation in the format of <see cref="InferenceSession.Save(Stream)"/>.</summary>
    /// <inheritdoc cref="ReadAsync(string, string, Prompt, TimeSpan?, CancellationToken)" path="/exception"/>
    public Task ExportAsync(string owner, string id, Stream destination, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Opens a conversation with a state that <see cref="ExportAsync"/> or <see cref="InferenceSession.Save(Stream)"/> wrote.</summary>
    /// <exception cref="InputException">The contents are damaged, or belong to another model.</exception>
    /// <exception cref="SchedulerBusyException">There is no room for another one.</exception>
    public Task<ConversationInfo> ImportAsync(string owner, Stream source, string name = "", CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Runs work on the scheduler's thread with a fork of a conversation's session, for example an analysis; the conversation does not change.</summary>
    /// <inheritdoc cref="ReadAsync(string, string, Prompt, TimeSpan?, CancellationToken)" path="/exception"/>
    public Task<T> InspectAsync<T>(string owner, string id, Func<InferenceSession, T> work, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Saves every conversation that the store does not hold in its present state, and forgets them all.</summary>
    public ValueTask DisposeAsync() => throw new NotImplementedException();
}
