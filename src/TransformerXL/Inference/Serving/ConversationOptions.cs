namespace TransformerXL.Inference.Serving;

/// <summary>How conversations are kept.</summary>
public sealed record ConversationOptions
{
    /// <summary>
    /// Bytes of memory for the states of conversations. Beyond it those that nobody uses go to the store, least recently used first. A conversation
    /// in use is never evicted.
    /// </summary>
    public long MemoryBytes { get; init; } = 1L << 30;

    /// <summary>Where conversations are saved; if null they live in memory alone, and <see cref="ForgetsOldest"/> says what happens beyond <see cref="MemoryBytes"/>.</summary>
    public ISessionStore? Store { get; init; }

    /// <summary>
    /// Without a store: whether the least recently used idle conversation is forgotten when a new one has no room. Later requests with its id get a
    /// <see cref="SessionNotFoundException"/>. Otherwise the new conversation is refused.
    /// </summary>
    public bool ForgetsOldest { get; init; }

    /// <summary>
    /// Whether the state is saved at the end of every operation, before the operation is reported complete, so that a kill loses nothing.
    /// Otherwise a conversation is saved by <see cref="Conversations.SaveAsync"/>, when it is evicted, and at the end of the program.
    /// </summary>
    public bool SavesAlways { get; init; }

    /// <summary>
    /// Whether other processes use the same store: every operation then begins with the newest version of the store, and
    /// <see cref="SavesAlways"/> holds. Of two processes that change a conversation at the same time one gets a <see cref="SessionConflictException"/>.
    /// </summary>
    public bool IsShared { get; init; }

    /// <summary>How many requests may wait for a conversation that is in use; they are served in the order of their arrival. More are refused.</summary>
    public int MaxWaiting { get; init; } = 4;

    /// <summary>The maximum number of conversations of one owner that are open in this process; 0 for no limit.</summary>
    public int MaxPerOwner { get; init; }

    /// <summary>Checks every value.</summary>
    /// <exception cref="InputException">A value is outside its allowed range; the message names both.</exception>
    public void Validate()
    {
        Require.Between("session memory", MemoryBytes, 0, long.MaxValue);
        Require.Between("most waiting requests", MaxWaiting, 0, 1 << 16);
        Require.Between("most sessions of an owner", MaxPerOwner, 0, int.MaxValue);
        Require.That(!IsShared || Store is not null, "a shared store was asked for, but no store was given", nameof(Store));
    }
}
