namespace TransformerXL.Inference.Serving;

/// <summary>
/// Finds conversations in memory and in the store, tells of them, gives each to one operation at a time, and notes and saves what an operation has changed.
/// </summary>
internal sealed class ConversationAccess(ModelScheduler scheduler, ConversationOptions options, ConversationMemory memory)
{
    private readonly bool _savesAlways = options.Store is not null && (options.SavesAlways || options.IsShared);
    private int _closed;

    public static SessionNotFoundException NotFound(string id) => new($"there is no session '{Files.InputText.Show(id)}'");

    /// <summary>Refuses all further operations.</summary>
    /// <returns>Whether that was done before.</returns>
    public bool Close() => Interlocked.Exchange(ref _closed, 1) != 0;

    public void ThrowIfClosed() => ObjectDisposedException.ThrowIf(Volatile.Read(ref _closed) != 0, typeof(Conversations));

    /// <summary>An operation on a loaded conversation.</summary>
    public async Task<T> WithAsync<T>(string owner, string id, Func<Conversation, Task<T>> operation, CancellationToken cancellationToken)
    {
        Conversation conversation = await EnterAsync(owner, id, cancellationToken).ConfigureAwait(false);
        try
        {
            return await operation(conversation).ConfigureAwait(false);
        }
        finally
        {
            Leave(conversation);
        }
    }

    /// <summary>A request to the scheduler that uses a conversation until it is complete.</summary>
    /// <param name="owner">To whom the conversation belongs.</param>
    /// <param name="id">The conversation.</param>
    /// <param name="timeout">The time of the request, of which the wait for the conversation is a part; null for no limit.</param>
    /// <param name="start">Asks the scheduler, with the time that is left.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="TimeoutException">The time ran out before the conversation was free and in memory.</exception>
    public async Task<ResultStream<T>> StartAsync<T>(
        string owner, string id, TimeSpan? timeout, Func<InferenceSession, TimeSpan?, Func<Job, Task>, ResultStream<T>> start, CancellationToken cancellationToken)
    {
        RequestTimeout.Check(timeout);
        TimeProvider clock = scheduler.Options.Clock;
        long begin = clock.GetTimestamp();
        Conversation conversation = await EnterInTimeAsync(owner, id, timeout, clock, cancellationToken).ConfigureAwait(false);
        try
        {
            TimeSpan? left = timeout - clock.GetElapsedTime(begin);
            return left <= TimeSpan.Zero ? throw TimedOut(timeout!.Value) : start(conversation.Session!, left, job => FinishAsync(conversation, job.IsDamaged));
        }
        catch
        {
            conversation.Lock.Exit();
            throw;
        }
    }

    /// <summary>On the scheduler's thread when a request is over: notes what was read, saves it if everything is saved, and lets the next request in.</summary>
    public Task FinishAsync(Conversation conversation, bool isDamaged)
    {
        if (isDamaged)
        {
            // The store has the state of before, if it was saved.
            memory.Drop(conversation, isDamaged: true);
            Leave(conversation);
            return Task.CompletedTask;
        }

        InferenceSession session = conversation.Session!;
        conversation.LastUsed = scheduler.Options.Clock.GetUtcNow();
        if (session.Tokens != conversation.Tokens)
        {
            (conversation.Tokens, conversation.LearningSteps, conversation.IsSaved) = (session.Tokens, session.Learner?.Steps, false);
        }

        if (!_savesAlways || conversation.IsSaved)
        {
            conversation.Lock.Exit();
            return Task.CompletedTask;
        }

        ReadOnlyMemory<byte> state;
        try
        {
            state = ConversationMemory.Snapshot(session);
        }
        catch
        {
            conversation.Lock.Exit();
            throw;
        }

        return Task.Run(async () =>
        {
            try
            {
                await memory.WriteAsync(conversation, state, CancellationToken.None).ConfigureAwait(false);
            }
            catch
            {
                // The client may send the failed request again, so the session goes back to the state in the store.
                memory.Drop(conversation);
                throw;
            }
            finally
            {
                Leave(conversation);
            }
        });
    }

    /// <summary>Saves a conversation if every operation saves.</summary>
    public async Task SaveIfAlwaysAsync(Conversation conversation)
    {
        if (_savesAlways)
        {
            await memory.SaveAsync(conversation, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task<Conversation> EnterInTimeAsync(string owner, string id, TimeSpan? timeout, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (timeout is not { } time)
        {
            return await EnterAsync(owner, id, cancellationToken).ConfigureAwait(false);
        }

        using CancellationTokenSource late = new(time, clock);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            return await EnterAsync(owner, id, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw TimedOut(time);
        }
    }

    private static TimeoutException TimedOut(TimeSpan time) => new($"the session was not available within {time.TotalSeconds:0.###} seconds, the time of the request");

    /// <summary>Waits for a conversation and brings it into memory.</summary>
    public async Task<Conversation> EnterAsync(string owner, string id, CancellationToken cancellationToken, bool loads = true)
    {
        while (true)
        {
            Conversation conversation = await FindAsync(owner, id, cancellationToken).ConfigureAwait(false);
            await conversation.Lock.EnterAsync(options.MaxWaiting, cancellationToken).ConfigureAwait(false);
            try
            {
                if (!conversation.IsGone)
                {
                    await RefreshAsync(conversation, cancellationToken).ConfigureAwait(false);
                    if (loads)
                    {
                        await memory.LoadAsync(conversation, cancellationToken).ConfigureAwait(false);
                    }

                    return conversation;
                }
            }
            catch
            {
                Leave(conversation);
                throw;
            }

            conversation.Lock.Exit();
        }
    }

    /// <summary>Ends an operation; a conversation without a state in memory is looked for in the store the next time.</summary>
    private void Leave(Conversation conversation)
    {
        if (conversation.Session is null)
        {
            memory.Forget(conversation);
        }

        conversation.Lock.Exit();
    }

    /// <summary>Where another process may have changed a conversation, its newest state counts.</summary>
    private async Task RefreshAsync(Conversation conversation, CancellationToken cancellationToken)
    {
        if (!options.IsShared)
        {
            return;
        }

        SessionRecord? record = await options.Store!.FindAsync(conversation.Id, cancellationToken).ConfigureAwait(false);
        if (record is null || record.Owner != conversation.Owner)
        {
            memory.Forget(conversation);
            throw NotFound(conversation.Id);
        }

        if (record.Version != conversation.Version || !conversation.IsSaved)
        {
            memory.Drop(conversation);
            conversation.Take(record);
        }
    }

    private async Task<Conversation> FindAsync(string owner, string id, CancellationToken cancellationToken)
    {
        (Conversation? known, SessionRecord? record) = await LookUpAsync(owner, id, cancellationToken).ConfigureAwait(false);
        return known ?? memory.Add(Conversation.Of(record!));
    }

    /// <summary>What is known of a conversation.</summary>
    /// <exception cref="SessionNotFoundException">The owner has no such conversation.</exception>
    public async Task<ConversationInfo> DescribeAsync(string owner, string id, CancellationToken cancellationToken)
    {
        (Conversation? known, SessionRecord? record) = await LookUpAsync(owner, id, cancellationToken).ConfigureAwait(false);
        if (known is not null && options.IsShared && !known.Lock.IsHeld)
        {
            record = await options.Store!.FindAsync(id, cancellationToken).ConfigureAwait(false);
            if (record is null)
            {
                ForgetIdle(known);
                throw NotFound(id);
            }

            record = record.Version > known.Version ? record : null;
        }

        return record is null ? known!.Describe() : Conversation.Of(record).Describe();
    }

    /// <summary>The conversations of an owner, the most recently used first.</summary>
    public async Task<IReadOnlyList<ConversationInfo>> ListAsync(string owner, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(owner);
        Dictionary<string, ConversationInfo> all = new(StringComparer.Ordinal);
        if (options.Store is { } store)
        {
            await foreach (SessionRecord record in store.ListAsync(owner, cancellationToken).ConfigureAwait(false))
            {
                all[record.Id] = Conversation.Of(record).Describe();
            }
        }

        foreach (Conversation known in memory.Known.Where(known => known.Owner == owner && (known.Session is not null || known.Version == 0)))
        {
            bool isStored = all.TryGetValue(known.Id, out ConversationInfo? stored);
            if (options.IsShared && known.Version > 0 && !isStored && await options.Store!.FindAsync(known.Id, cancellationToken).ConfigureAwait(false) is null)
            {
                // Another process has deleted it.
                ForgetIdle(known);
            }
            else if (!isStored || stored!.Version <= known.Version)
            {
                all[known.Id] = known.Describe();
            }
        }

        return [.. all.Values.OrderByDescending(info => info.LastUsed).ThenBy(info => info.Id, StringComparer.Ordinal)];
    }

    /// <summary>Forgets a conversation that no operation uses.</summary>
    private void ForgetIdle(Conversation conversation)
    {
        if (!conversation.Lock.TryEnter())
        {
            return;
        }

        try
        {
            if (!conversation.IsGone)
            {
                memory.Forget(conversation);
            }
        }
        finally
        {
            conversation.Lock.Exit();
        }
    }

    /// <summary>A conversation in memory, or else what the store has of it.</summary>
    private async Task<(Conversation? Known, SessionRecord? Record)> LookUpAsync(string owner, string id, CancellationToken cancellationToken)
    {
        ThrowIfClosed();
        ArgumentNullException.ThrowIfNull(owner);
        ArgumentNullException.ThrowIfNull(id);
        if (memory.Find(id) is { } known)
        {
            return known.Owner == owner ? (known, null) : throw NotFound(id);
        }

        SessionRecord? record = Conversation.IsId(id) && options.Store is { } store ? await store.FindAsync(id, cancellationToken).ConfigureAwait(false) : null;
        return record?.Owner == owner ? (null, record) : throw NotFound(id);
    }
}
