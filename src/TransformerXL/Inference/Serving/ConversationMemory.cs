using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace TransformerXL.Inference.Serving;

/// <summary>The states of conversations in memory: within a budget, in and out of the store.</summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "A request may still wait for room when the conversations are disposed; a semaphore without a wait handle holds nothing to free.")]
internal sealed class ConversationMemory(ModelScheduler scheduler, ConversationOptions options)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Conversation> _known = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _room = new(1, 1);
    private readonly long _maxStateBytes = scheduler.Pool.MaxFileBytes;
    private long _loadedBytes;
    private long _saved, _read, _evicted;

    public ConversationStatistics Statistics
    {
        get
        {
            Conversation[] loaded = [.. Known.Where(conversation => conversation.Session is not null)];
            int active = loaded.Count(conversation => conversation.Lock.IsHeld);
            return new ConversationStatistics(
                active, loaded.Length - active, Volatile.Read(ref _loadedBytes),
                Volatile.Read(ref _saved), Volatile.Read(ref _read), Volatile.Read(ref _evicted));
        }
    }

    /// <summary>The conversations that this process knows.</summary>
    public Conversation[] Known
    {
        get
        {
            lock (_gate)
            {
                return [.. _known.Values];
            }
        }
    }

    /// <summary>A conversation that this process knows, or null.</summary>
    public Conversation? Find(string id)
    {
        lock (_gate)
        {
            return _known.GetValueOrDefault(id);
        }
    }

    /// <summary>Gets to know a conversation; returns the one that is known already if another request came first.</summary>
    public Conversation Add(Conversation conversation)
    {
        lock (_gate)
        {
            return _known.TryAdd(conversation.Id, conversation) ? conversation : _known[conversation.Id];
        }
    }

    /// <summary>Gives a conversation a state.</summary>
    /// <param name="conversation">It has none, and the caller holds its lock.</param>
    /// <param name="learns">Whether it learns from what it reads.</param>
    /// <param name="create">Makes the state on the scheduler's thread.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <exception cref="SchedulerBusyException">All of the memory is in use.</exception>
    public async Task PlaceAsync(Conversation conversation, bool learns, Func<SessionPool, InferenceSession> create, CancellationToken cancellationToken)
    {
        long bytes = learns ? scheduler.Pool.LearningBytes : scheduler.SessionBytes;
        await MakeRoomAsync(bytes, cancellationToken).ConfigureAwait(false);
        try
        {
            conversation.Session = await scheduler.RunAsync(() => create(scheduler.Pool), CancellationToken.None).ConfigureAwait(false);
        }
        catch
        {
            Interlocked.Add(ref _loadedBytes, -bytes);
            throw;
        }
    }

    /// <summary>Brings a state back from the store, if it is not in memory.</summary>
    /// <exception cref="SessionNotFoundException">The store does not hold it any more.</exception>
    public async Task LoadAsync(Conversation conversation, CancellationToken cancellationToken)
    {
        if (conversation.Session is not null)
        {
            return;
        }

        ReadOnlyMemory<byte> state;
        StoredSession? stored = options.Store is { } store ? await store.ReadAsync(conversation.Id, cancellationToken).ConfigureAwait(false) : null;
        if (stored is null || stored.Record.Owner != conversation.Owner)
        {
            stored?.Dispose();
            Forget(conversation);
            throw ConversationAccess.NotFound(conversation.Id);
        }

        using (stored)
        {
            if (stored.Record.LearningSteps is not null && scheduler.Options.Learning is null)
            {
                throw SessionPool.Unavailable();
            }

            state = Usable(() => SessionFile.ReadAll(stored.State, _maxStateBytes));
            if (stored.Record.StateSha256 is { } hash && hash != HashOf(state))
            {
                throw SessionRecord.Damaged(conversation.Id);
            }
        }

        bool learns = Usable(() => SessionFile.Learns(state));
        await PlaceAsync(conversation, learns, pool => Usable(() => Restore(pool, state, learns)), cancellationToken).ConfigureAwait(false);
        conversation.Take(stored.Record);
        Interlocked.Increment(ref _read);
    }

    private static string HashOf(ReadOnlyMemory<byte> state) => Convert.ToHexStringLower(SHA256.HashData(state.Span));

    /// <summary>Reads a part of a saved state.</summary>
    /// <exception cref="StoredSessionException">The state cannot be used.</exception>
    private static T Usable<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (InputException exception)
        {
            throw new StoredSessionException("the saved state of the session is damaged, or was made by other weights than those of this model; the session can only be deleted", exception);
        }
    }

    /// <summary>Reads the bytes of a state, of at most as many as a state can have.</summary>
    public ReadOnlyMemory<byte> ReadState(Stream source) => SessionFile.ReadAll(source, _maxStateBytes);

    /// <summary>A session with a saved state; on the scheduler's thread.</summary>
    public static InferenceSession Restore(SessionPool pool, ReadOnlyMemory<byte> state, bool learns)
    {
        InferenceSession session = learns ? pool.RentLearning() : pool.Rent();
        try
        {
            SessionFile.Load(state, session);
            return session;
        }
        catch
        {
            pool.Return(session);
            throw;
        }
    }

    /// <summary>The bytes of a state; on the scheduler's thread.</summary>
    public static ReadOnlyMemory<byte> Snapshot(InferenceSession session)
    {
        MemoryStream bytes = new(checked((int)Math.Min(int.MaxValue / 2, session.MemoryBytes + (1 << 14))));
        session.Save(bytes);
        return bytes.GetBuffer().AsMemory(0, (int)bytes.Length);
    }

    /// <summary>Saves the state of a conversation whose lock the caller holds.</summary>
    public async Task SaveAsync(Conversation conversation, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> state = await scheduler.RunAsync(() => Snapshot(conversation.Session!), cancellationToken).ConfigureAwait(false);
        await WriteAsync(conversation, state, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes a state as the next version. If another process has written one, the state is discarded.</summary>
    public async Task WriteAsync(Conversation conversation, ReadOnlyMemory<byte> state, CancellationToken cancellationToken)
    {
        try
        {
            await WriteNextAsync(conversation, state, cancellationToken).ConfigureAwait(false);
        }
        catch (SessionConflictException)
        {
            Forget(conversation);
            throw;
        }

        conversation.Version++;
        conversation.IsSaved = true;
        Interlocked.Increment(ref _saved);
    }

    private async Task WriteNextAsync(Conversation conversation, ReadOnlyMemory<byte> state, CancellationToken cancellationToken)
    {
        ISessionStore store = options.Store!;
        string hash = HashOf(state);
        try
        {
            await store.WriteAsync(conversation.NextRecord() with { StateSha256 = hash }, state, cancellationToken).ConfigureAwait(false);
        }
        catch (SessionConflictException) when (!options.IsShared && conversation.Version > 0)
        {
            // What was saved last has expired while the conversation was used in memory; what another process has written is left alone.
            if (await store.FindAsync(conversation.Id, cancellationToken).ConfigureAwait(false) is not null)
            {
                throw;
            }

            conversation.Version = 0;
            await store.WriteAsync(conversation.NextRecord() with { StateSha256 = hash }, state, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Discards the state of a conversation whose lock the caller holds.</summary>
    public void Drop(Conversation conversation, bool isDamaged = false)
    {
        if (conversation.Session is { } session)
        {
            conversation.Session = null;
            Interlocked.Add(ref _loadedBytes, -session.MemoryBytes);
            if (!isDamaged)
            {
                _ = scheduler.RunAsync(() =>
                {
                    scheduler.Pool.Return(session);
                    return true;
                });
            }
        }
    }

    /// <summary>Knows a conversation no longer.</summary>
    public void Forget(Conversation conversation)
    {
        lock (_gate)
        {
            if (_known.GetValueOrDefault(conversation.Id) == conversation)
            {
                _known.Remove(conversation.Id);
            }
        }

        conversation.IsGone = true;
        Drop(conversation);
    }

    /// <summary>Takes room for a state.</summary>
    private async Task MakeRoomAsync(long bytes, CancellationToken cancellationToken)
    {
        await _room.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            while (Volatile.Read(ref _loadedBytes) + bytes > options.MemoryBytes)
            {
                if (!await EvictOneAsync().ConfigureAwait(false))
                {
                    string remedy = options is { Store: null, ForgetsOldest: false } ? "there is no store to which idle ones could go" : "all of them are in use";
                    throw new SchedulerBusyException($"a session of {bytes} bytes has no room in the memory of {options.MemoryBytes} bytes beside the others, and {remedy}", TimeSpan.FromSeconds(5));
                }
            }

            Interlocked.Add(ref _loadedBytes, bytes);
        }
        finally
        {
            _room.Release();
        }
    }

    /// <summary>Moves the least recently used idle conversation to the store. Without a store it is forgotten.</summary>
    /// <returns>False if there is none.</returns>
    private async Task<bool> EvictOneAsync()
    {
        if (options.Store is null && !options.ForgetsOldest)
        {
            return false;
        }

        foreach (Conversation conversation in Known.Where(known => known.Session is not null).OrderBy(known => known.LastUsed))
        {
            if (!conversation.Lock.TryEnter())
            {
                continue;
            }

            try
            {
                if (conversation.Session is null)
                {
                    continue;
                }

                if (options.Store is null)
                {
                    Forget(conversation);
                }
                else
                {
                    await EvictAsync(conversation).ConfigureAwait(false);
                }

                return true;
            }
            finally
            {
                conversation.Lock.Exit();
            }
        }

        return false;
    }

    private async Task EvictAsync(Conversation conversation)
    {
        try
        {
            if (!conversation.IsSaved)
            {
                // What is half written must not be given up because another conversation's request ends.
                await SaveAsync(conversation, CancellationToken.None).ConfigureAwait(false);
            }
        }
        catch (SessionConflictException)
        {
            // Another process has a newer state, and the next request finds that.
        }

        Forget(conversation);
        Interlocked.Increment(ref _evicted);
    }
}
