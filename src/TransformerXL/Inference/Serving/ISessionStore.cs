namespace TransformerXL.Inference.Serving;

/// <summary>
/// Where the states of conversations are kept: a folder, a database. Each state has a version number that grows by one with every write; a write
/// says which version it replaces, so that two processes cannot overwrite each other's work without noticing.
/// </summary>
/// <remarks>Members may be called from several threads at once. A failure of the store is an <see cref="IOException"/>; one that may pass is a <see cref="StoreUnavailableException"/>.</remarks>
public interface ISessionStore
{
    /// <summary>What is stored of a session, without its state; null if there is none.</summary>
    ValueTask<SessionRecord?> FindAsync(string id, CancellationToken cancellationToken);

    /// <summary>The newest state of a session; null if there is none. The caller disposes it.</summary>
    ValueTask<StoredSession?> ReadAsync(string id, CancellationToken cancellationToken);

    /// <summary>
    /// Writes a state, all or nothing. When the task is complete the state survives a kill of the process.
    /// </summary>
    /// <param name="record">What is stored with it; its version is the one that replaces <c>version - 1</c> (1: there must be none yet).</param>
    /// <param name="state">The state, as <see cref="InferenceSession.Save(Stream)"/> wrote it.</param>
    /// <param name="cancellationToken">Cancels the write.</param>
    /// <exception cref="SessionConflictException">The store holds another version than <c>record.Version - 1</c>, or the session was deleted.</exception>
    /// <exception cref="StoreFullException">The store has no room for it.</exception>
    ValueTask WriteAsync(SessionRecord record, ReadOnlyMemory<byte> state, CancellationToken cancellationToken);

    /// <summary>Deletes a session; nothing happens if there is none.</summary>
    ValueTask DeleteAsync(string id, CancellationToken cancellationToken);

    /// <summary>What is stored of the sessions of an owner.</summary>
    IAsyncEnumerable<SessionRecord> ListAsync(string owner, CancellationToken cancellationToken);
}
