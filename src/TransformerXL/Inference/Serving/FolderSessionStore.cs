namespace TransformerXL.Inference.Serving;

/// <summary>
/// Keeps sessions as files of a folder, one for each session, which are replaced all or nothing. Several processes may use the folder, also on a
/// network file system that creates hard links.
/// </summary>
public sealed class FolderSessionStore : ISessionStore
{
    /// <summary>Uses a folder, which is created if it does not exist.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="options">Its limits.</param>
    /// <exception cref="InputException">The folder cannot be created or written.</exception>
    public FolderSessionStore(string folder, FolderSessionStoreOptions options) => throw new NotImplementedException();

    /// <inheritdoc/>
    public ValueTask<SessionRecord?> FindAsync(string id, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <inheritdoc/>
    public ValueTask<StoredSession?> ReadAsync(string id, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <inheritdoc/>
    public ValueTask WriteAsync(SessionRecord record, ReadOnlyMemory<byte> state, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <inheritdoc/>
    public ValueTask DeleteAsync(string id, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <inheritdoc/>
    public IAsyncEnumerable<SessionRecord> ListAsync(string owner, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Removes sessions that have expired.</summary>
    /// <returns>How many.</returns>
    public ValueTask<int> RemoveExpiredAsync(CancellationToken cancellationToken = default) => throw new NotImplementedException();
}
