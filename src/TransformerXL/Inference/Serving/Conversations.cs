using System.Collections.Concurrent;
using TransformerXL.Files;
using TransformerXL.Text;

namespace TransformerXL.Inference.Serving;

/// <summary>
/// Sessions that outlive a request. Each has an id that cannot be guessed and belongs to an owner; with another owner
/// there is no such conversation. A client sends only what is new, and the conversation remembers the rest at constant size.
/// </summary>
/// <remarks>
/// One operation at a time uses a conversation; others wait in the order of their arrival, up to <see cref="ConversationOptions.MaxWaiting"/>. After a
/// cancelled or failed generation the conversation has read what was drawn; <see cref="RestoreAsync"/> goes back to what was saved.
/// All members can be called from any thread.
/// </remarks>
public sealed class Conversations : IAsyncDisposable
{
    private const int MaxNameLength = 1000, MaxOwnerLength = 1000;

    // Chunks of a text of any length that are read as one request.
    private const int ChunksAtOnce = 64;

    private readonly ModelScheduler _scheduler;
    private readonly ConversationMemory _memory;
    private readonly ConversationAccess _access;

    // Of each owner, one conversation at a time is counted and opened.
    private readonly ConcurrentDictionary<string, ArrivalLock> _opening = new(StringComparer.Ordinal);

    /// <summary>Keeps conversations with the model of a scheduler.</summary>
    /// <param name="scheduler">Computes; it must outlive this object.</param>
    /// <param name="options">Limits and store.</param>
    /// <exception cref="InputException">An option is not valid, or the memory holds not a single session.</exception>
    public Conversations(ModelScheduler scheduler, ConversationOptions options)
    {
        ArgumentNullException.ThrowIfNull(scheduler);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        Require.That(
            options.MemoryBytes >= scheduler.SessionBytes,
            $"session memory is {options.MemoryBytes} bytes, but one session of this model needs {scheduler.SessionBytes}", nameof(options.MemoryBytes));
        Require.That(
            options.MemoryBytes >= scheduler.Pool.LearningBytes,
            $"session memory is {options.MemoryBytes} bytes, but one session that learns needs {scheduler.Pool.LearningBytes}, most of it for its weights", nameof(options.MemoryBytes));
        Require.That(
            options.Store is null || scheduler.Pool.MaxFileBytes <= Array.MaxLength,
            $"a saved session of this model may have {scheduler.Pool.MaxFileBytes} bytes, but a store takes at most {Array.MaxLength}", nameof(options.Store));
        (_scheduler, Options, _memory) = (scheduler, options, new ConversationMemory(scheduler, options));
        _access = new ConversationAccess(scheduler, options, _memory);
        scheduler.Metrics.Observe(() => Statistics);
    }

    /// <summary>Limits and store.</summary>
    public ConversationOptions Options { get; }

    /// <summary>How many conversations are kept.</summary>
    public ConversationStatistics Statistics => _memory.Statistics;

    /// <summary>Opens a conversation that has read nothing.</summary>
    /// <param name="owner">To whom it belongs.</param>
    /// <param name="name">A name for people.</param>
    /// <param name="learns">Whether it gets weights of its own that are trained on the text it reads (<see cref="SchedulerOptions.Learning"/>).</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <exception cref="InputException">The name is too long.</exception>
    /// <exception cref="LearningUnavailableException">Sessions do not learn here.</exception>
    /// <exception cref="SchedulerBusyException">There is no room for another one.</exception>
    public Task<ConversationInfo> OpenAsync(string owner, string name = "", bool learns = false, CancellationToken cancellationToken = default) =>
        CreateAsync(owner, name, learns, pool => learns ? pool.RentLearning() : pool.Rent(), cancellationToken);

    /// <summary>What is known of a conversation.</summary>
    /// <exception cref="SessionNotFoundException">The owner has no such conversation.</exception>
    public Task<ConversationInfo> GetAsync(string owner, string id, CancellationToken cancellationToken = default) => _access.DescribeAsync(owner, id, cancellationToken);

    /// <summary>The conversations of an owner, the most recently used first.</summary>
    public Task<IReadOnlyList<ConversationInfo>> ListAsync(string owner, CancellationToken cancellationToken = default) => _access.ListAsync(owner, cancellationToken);

    /// <summary>Changes the name.</summary>
    /// <exception cref="InputException">The name is too long.</exception>
    /// <exception cref="SessionNotFoundException">The owner has no such conversation.</exception>
    public Task<ConversationInfo> RenameAsync(string owner, string id, string name, CancellationToken cancellationToken = default)
    {
        CheckName(name);
        return _access.WithAsync(owner, id, async conversation =>
        {
            (conversation.Name, conversation.IsSaved) = (name, false);
            await _access.SaveIfAlwaysAsync(conversation).ConfigureAwait(false);
            return conversation.Describe() with { IsBusy = false };
        }, cancellationToken);
    }

    /// <summary>Reads a text into a conversation.</summary>
    /// <exception cref="SessionNotFoundException">The owner has no such conversation.</exception>
    /// <exception cref="SchedulerBusyException">Too many requests wait already.</exception>
    /// <exception cref="OperationCanceledException">The request was cancelled; whole chunks may have been read.</exception>
    /// <exception cref="TimeoutException">The time ran out; whole chunks may have been read.</exception>
    /// <exception cref="SessionConflictException">Another process has changed the conversation.</exception>
    public async Task<ConversationInfo> ReadAsync(string owner, string id, Prompt prompt, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        _ = await ReadAsync(owner, id, prompt, owner, timeout, cancellationToken).ConfigureAwait(false);
        return await GetAsync(owner, id, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The same on behalf of a client, who may be another one than the owner where owners have no names.</summary>
    /// <returns>What was read, and what was known of it.</returns>
    internal async Task<TokenUsage> ReadAsync(string owner, string id, Prompt prompt, string client, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        GenerationRequest request = new() { Prompt = prompt, MaxTokens = 0, Client = client, Timeout = timeout, Operation = "read" };
        ResultStream<GenerationUpdate> results = await GenerateAsync(owner, id, request, cancellationToken).ConfigureAwait(false);
        return await ThrowUnlessReadAsync(results, timeout).ConfigureAwait(false);
    }

    /// <summary>Reads UTF-8 text of any length in constant memory.</summary>
    /// <exception cref="InputException">The text is not valid UTF-8 and the vocabulary needs that.</exception>
    /// <inheritdoc cref="ReadAsync(string, string, Prompt, TimeSpan?, CancellationToken)" path="/exception"/>
    public async Task<ConversationInfo> ReadAsync(string owner, string id, Stream utf8, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(utf8);
        Conversation conversation = await _access.EnterAsync(owner, id, cancellationToken).ConfigureAwait(false);
        bool isDamaged = false;
        try
        {
            Vocabulary vocabulary = _scheduler.Vocabulary;
            TokenReader reader = TokenReader.From(utf8, ByteOrderMark.Skip(vocabulary, vocabulary.CreatePromptEncoder()));
            int[] piece = new int[ChunksAtOnce * _scheduler.Options.Session.MaxSegment];
            while (true)
            {
                // The start token belongs to the first chunk.
                int room = piece.Length - (conversation.Session!.Tokens == 0 ? 1 : 0), count = await reader.FillAsync(piece.AsMemory(0, room), cancellationToken).ConfigureAwait(false);
                if (count > 0)
                {
                    GenerationRequest request = new() { Prompt = Prompt.Of(piece.AsSpan(0, count)), MaxTokens = 0, Client = owner, Operation = "read" };
                    await ThrowUnlessReadAsync(_scheduler.Generate(request, conversation.Session, NoteDamage, cancellationToken), null).ConfigureAwait(false);
                }

                if (count < room)
                {
                    break;
                }
            }
        }
        finally
        {
            await (await _scheduler.RunAsync(() => _access.FinishAsync(conversation, isDamaged), CancellationToken.None).ConfigureAwait(false)).ConfigureAwait(false);
        }

        return conversation.Describe() with { IsBusy = false };

        Task NoteDamage(Job job)
        {
            isDamaged |= job.IsDamaged;
            return Task.CompletedTask;
        }
    }

    /// <summary>Reads a text into a conversation and returns how well each token was predicted from all earlier text.</summary>
    /// <inheritdoc cref="ReadAsync(string, string, Prompt, TimeSpan?, CancellationToken)" path="/exception"/>
    public Task<ResultStream<TokenScore>> ScoreAsync(string owner, string id, ScoreRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return _access.StartAsync(owner, id, request.Timeout, (session, left, finishing) => _scheduler.Score(request with { Timeout = left }, session, finishing, cancellationToken), cancellationToken);
    }

    /// <summary>Reads the prompt, possibly empty, into a conversation and continues it. When the last update comes, the conversation has read what was given out.</summary>
    /// <exception cref="InputException">A value of the request is not valid, or it asks for several samples; use forks for those.</exception>
    /// <inheritdoc cref="ReadAsync(string, string, Prompt, TimeSpan?, CancellationToken)" path="/exception"/>
    public Task<ResultStream<GenerationUpdate>> GenerateAsync(string owner, string id, GenerationRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        Require.That(request.Samples == 1, $"samples is {request.Samples}, but a conversation continues in one way: it must be 1; fork the conversation for others", nameof(request.Samples));
        return _access.StartAsync(owner, id, request.Timeout, (session, left, finishing) => _scheduler.Generate(request with { Timeout = left }, session, finishing, cancellationToken), cancellationToken);
    }

    /// <summary>Opens a copy, which goes on independently.</summary>
    /// <inheritdoc cref="ReadAsync(string, string, Prompt, TimeSpan?, CancellationToken)" path="/exception"/>
    /// <exception cref="InputException">The memory for sessions does not hold two.</exception>
    public Task<ConversationInfo> ForkAsync(string owner, string id, string name = "", CancellationToken cancellationToken = default) => _access.WithAsync(
        owner,
        id,
        conversation =>
        {
            InferenceSession session = conversation.Session!;
            Require.That(
                2 * session.MemoryBytes <= Options.MemoryBytes,
                $"a fork needs two sessions of {session.MemoryBytes} bytes in memory at once, but the memory for sessions is {Options.MemoryBytes} bytes");
            return CreateAsync(owner, name, session.Learner is not null, pool => pool.RentFork(session), cancellationToken);
        },
        cancellationToken);

    /// <summary>Saves a conversation: when the task is complete, a kill of the process does not lose it.</summary>
    /// <inheritdoc cref="ReadAsync(string, string, Prompt, TimeSpan?, CancellationToken)" path="/exception"/>
    /// <exception cref="InputException">There is no store.</exception>
    /// <exception cref="IOException">The store cannot be written, or is full (<see cref="StoreFullException"/>).</exception>
    public Task<ConversationInfo> SaveAsync(string owner, string id, CancellationToken cancellationToken = default)
    {
        RequireStore();
        return _access.WithAsync(owner, id, async conversation =>
        {
            if (!conversation.IsSaved)
            {
                await _memory.SaveAsync(conversation, cancellationToken).ConfigureAwait(false);
            }

            return conversation.Describe() with { IsBusy = false };
        }, cancellationToken);
    }

    /// <summary>Goes back to the state that was saved last.</summary>
    /// <inheritdoc cref="ReadAsync(string, string, Prompt, TimeSpan?, CancellationToken)" path="/exception"/>
    /// <exception cref="InputException">There is no store, or it does not hold the conversation.</exception>
    public Task<ConversationInfo> RestoreAsync(string owner, string id, CancellationToken cancellationToken = default)
    {
        RequireStore();
        return _access.WithAsync(owner, id, async conversation =>
        {
            Require.That(conversation.Version > 0, "the session was never saved, so that there is nothing to go back to");
            if (!conversation.IsSaved)
            {
                Require.That(
                    await Options.Store!.FindAsync(id, cancellationToken).ConfigureAwait(false) is not null,
                    "the saved state of the session has expired, so that there is nothing to go back to; the session goes on as it is");
                _memory.Drop(conversation);
                await _memory.LoadAsync(conversation, cancellationToken).ConfigureAwait(false);
            }

            return conversation.Describe() with { IsBusy = false };
        }, cancellationToken);
    }

    /// <summary>Deletes a conversation, in the store too.</summary>
    /// <exception cref="SessionNotFoundException">The owner has no such conversation.</exception>
    public async Task DeleteAsync(string owner, string id, CancellationToken cancellationToken = default)
    {
        Conversation conversation = await _access.EnterAsync(owner, id, cancellationToken, loads: false).ConfigureAwait(false);
        try
        {
            if (Options.Store is { } store)
            {
                await store.DeleteAsync(id, cancellationToken).ConfigureAwait(false);
            }

            _memory.Forget(conversation);
        }
        finally
        {
            conversation.Lock.Exit();
        }
    }

    /// <summary>Writes the state of a conversation in the format of <see cref="InferenceSession.Save(Stream)"/>.</summary>
    /// <inheritdoc cref="ReadAsync(string, string, Prompt, TimeSpan?, CancellationToken)" path="/exception"/>
    public async Task ExportAsync(string owner, string id, Stream destination, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(destination);
        ReadOnlyMemory<byte> state = await _access.WithAsync(
            owner, id, conversation => _scheduler.RunAsync(() => ConversationMemory.Snapshot(conversation.Session!), cancellationToken), cancellationToken).ConfigureAwait(false);
        await destination.WriteAsync(state, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Opens a conversation with a state that <see cref="ExportAsync"/> or <see cref="InferenceSession.Save(Stream)"/> wrote.</summary>
    /// <exception cref="InputException">The contents are damaged, or belong to another model; or the name is too long.</exception>
    /// <exception cref="LearningUnavailableException">They are those of a session that learns in a way that sessions here do not.</exception>
    /// <exception cref="SchedulerBusyException">There is no room for another one.</exception>
    public Task<ConversationInfo> ImportAsync(string owner, Stream source, string name = "", CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ReadOnlyMemory<byte> state = _memory.ReadState(source);
        bool learns = SessionFile.Learns(state);
        return CreateAsync(owner, name, learns, pool => ConversationMemory.Restore(pool, state, learns), cancellationToken);
    }

    /// <summary>
    /// Runs work on the scheduler's thread with a fork of a conversation's session, for example an analysis; the conversation does not change. The fork
    /// must not be used after the work.
    /// </summary>
    /// <inheritdoc cref="ReadAsync(string, string, Prompt, TimeSpan?, CancellationToken)" path="/exception"/>
    public Task<T> InspectAsync<T>(string owner, string id, Func<InferenceSession, T> work, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(work);
        return _access.WithAsync(owner, id, conversation => _scheduler.RunAsync(() =>
        {
            InferenceSession fork = _scheduler.Pool.RentCopy(conversation.Session!);
            try
            {
                return work(fork);
            }
            catch (NotFiniteException fault) when (conversation.Session!.Learner is not null)
            {
                throw LearningDivergedException.Of(fault);
            }
            finally
            {
                _scheduler.Pool.Return(fork);
            }
        }, cancellationToken), cancellationToken);
    }

    /// <summary>Saves every conversation that the store does not hold in its present state, and forgets them all.</summary>
    /// <exception cref="AggregateException">Some could not be saved.</exception>
    public async ValueTask DisposeAsync()
    {
        if (_access.Close())
        {
            return;
        }

        List<Exception> failures = [];
        foreach (Conversation conversation in _memory.Known)
        {
            await conversation.Lock.EnterAsync(int.MaxValue, CancellationToken.None).ConfigureAwait(false);
            try
            {
                if (Options.Store is not null && conversation is { IsGone: false, IsSaved: false, Session: not null })
                {
                    await _memory.SaveAsync(conversation, CancellationToken.None).ConfigureAwait(false);
                }
            }
            catch (Exception failure)
            {
                failures.Add(failure);
            }
            finally
            {
                _memory.Forget(conversation);
                conversation.Lock.Exit();
            }
        }

        if (failures.Count > 0)
        {
            Exception first = failures[0];
            throw new StoreUnavailableException($"{Counted.Of(failures.Count, "session")} could not be saved at the end: {first.Message}{(first.InnerException is { } cause ? $" ({cause.Message})" : "")}", new AggregateException(failures));
        }
    }

    private async Task<ConversationInfo> CreateAsync(string owner, string name, bool learns, Func<SessionPool, InferenceSession> create, CancellationToken cancellationToken)
    {
        _access.ThrowIfClosed();
        ArgumentNullException.ThrowIfNull(owner);
        Require.That(owner.Length <= MaxOwnerLength, $"the owner has {owner.Length} characters, but at most {MaxOwnerLength} are allowed");
        CheckName(name);
        if (Options.MaxPerOwner == 0)
        {
            return await PlaceAsync(owner, name, learns, create, cancellationToken).ConfigureAwait(false);
        }

        ArrivalLock opening = _opening.GetOrAdd(owner, _ => new ArrivalLock());
        await opening.EnterAsync(int.MaxValue, cancellationToken).ConfigureAwait(false);
        try
        {
            _access.ThrowIfClosed();
            int count = (await ListAsync(owner, cancellationToken).ConfigureAwait(false)).Count;
            return count < Options.MaxPerOwner
                ? await PlaceAsync(owner, name, learns, create, cancellationToken).ConfigureAwait(false)
                : throw new SchedulerBusyException($"{Counted.Of(count, "session")} {(count == 1 ? "is" : "are")} open already, as many as are allowed; delete one", TimeSpan.FromMinutes(1));
        }
        finally
        {
            opening.Exit();
        }
    }

    private async Task<ConversationInfo> PlaceAsync(string owner, string name, bool learns, Func<SessionPool, InferenceSession> create, CancellationToken cancellationToken)
    {
        DateTimeOffset now = _scheduler.Options.Clock.GetUtcNow();
        Conversation conversation = new(Conversation.NewId(), owner) { Name = name, Created = now, LastUsed = now };
        _ = conversation.Lock.TryEnter();
        try
        {
            await _memory.PlaceAsync(conversation, learns, create, cancellationToken).ConfigureAwait(false);
            (conversation.Tokens, conversation.LearningSteps) = (conversation.Session!.Tokens, conversation.Session.Learner?.Steps);
            _memory.Add(conversation);
            try
            {
                await _access.SaveIfAlwaysAsync(conversation).ConfigureAwait(false);
            }
            catch
            {
                // Its id is not returned, so it could never be used.
                _memory.Forget(conversation);
                throw;
            }
        }
        finally
        {
            conversation.Lock.Exit();
        }

        return conversation.Describe() with { IsBusy = false };
    }

    private static async Task<TokenUsage> ThrowUnlessReadAsync(ResultStream<GenerationUpdate> results, TimeSpan? timeout)
    {
        TokenUsage usage = default;
        await foreach (GenerationUpdate update in results.ConfigureAwait(false))
        {
            if (update.FinishReason == FinishReason.Deadline)
            {
                throw new TimeoutException($"the text was not read after {timeout?.TotalSeconds:0.###} seconds, the time that it was given");
            }

            if (update.FinishReason == FinishReason.Cancelled)
            {
                throw new SchedulerStoppedException("the scheduler was stopped before the text was read");
            }

            usage = update.Usage ?? usage;
        }

        return usage;
    }

    private void RequireStore() => Require.That(Options.Store is not null, "there is no session store, so that sessions cannot be saved");

    private static void CheckName(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        Require.That(name.Length <= MaxNameLength, $"the name has {name.Length} characters, but at most {MaxNameLength} are allowed");
    }
}
