using System.Globalization;
using System.Runtime.CompilerServices;
using TransformerXL.Files;

namespace TransformerXL.Inference.Serving;

/// <summary>
/// Keeps sessions in a folder: a folder for each, with a file for its newest version. A version is written beside the one before it, under a name that
/// only one writer can create; then the old one is removed. Several processes may use the folder.
/// </summary>
public sealed class FolderSessionStore : ISessionStore
{
    private const string Suffix = ".session";
    private const int VersionDigits = 19, Attempts = 10;

    private static readonly TimeSpan s_recount = TimeSpan.FromMinutes(1);

    private readonly string _folder;
    private readonly FolderSessionStoreOptions _options;
    private readonly Lock _gate = new();
    private long _bytes, _counted, _cleaned;
    private bool _hasCounted;

    /// <summary>Uses a folder, which is created if it does not exist; then only the user may read it.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="options">Its limits; none if null.</param>
    /// <exception cref="InputException">The folder cannot be created, or an option is not valid.</exception>
    public FolderSessionStore(string folder, FolderSessionStoreOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        Require.Path(folder);
        (_folder, _options) = (Path.GetFullPath(folder), options ?? new FolderSessionStoreOptions());
        _options.Validate();
        try
        {
            CreatePrivate(_folder);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"the folder '{folder}' for sessions cannot be created: {FileFault.Reason(fault, folder)}", fault);
        }

        _cleaned = _options.Clock.GetTimestamp();
    }

    /// <inheritdoc/>
    public ValueTask<SessionRecord?> FindAsync(string id, CancellationToken cancellationToken) => new(Task.Run(
        () =>
        {
            using StoredSession? stored = OpenOrFail(id);
            return stored?.Record;
        }, cancellationToken));

    /// <inheritdoc/>
    public ValueTask<StoredSession?> ReadAsync(string id, CancellationToken cancellationToken) => new(Task.Run(() => OpenOrFail(id), cancellationToken));

    /// <inheritdoc/>
    public ValueTask WriteAsync(SessionRecord record, ReadOnlyMemory<byte> state, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(record);
        return new ValueTask(Task.Run(
            () =>
            {
                try
                {
                    Write(record, state);
                }
                catch (Exception fault) when (fault is IOException and not (StoreFullException or StoreUnavailableException) or UnauthorizedAccessException)
                {
                    throw NotWritten(record, fault);
                }
            },
            cancellationToken));
    }

    /// <inheritdoc/>
    public ValueTask DeleteAsync(string id, CancellationToken cancellationToken) => new(Task.Run(
        () =>
        {
            try
            {
                Delete(id);
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                throw new StoreUnavailableException($"the session {id} could not be deleted from the store", fault);
            }
        },
        cancellationToken));

    /// <inheritdoc/>
    public async IAsyncEnumerable<SessionRecord> ListAsync(string owner, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(owner);
        foreach (string folder in Folders())
        {
            cancellationToken.ThrowIfCancellationRequested();
            string id = Path.GetFileName(folder);
            SessionRecord? record = Conversation.IsId(id) ? await FindUndamagedAsync(id, cancellationToken).ConfigureAwait(false) : null;
            if (record?.Owner == owner)
            {
                yield return record;
            }
        }
    }

    /// <summary>Removes sessions that have expired. Writes do it too, now and then.</summary>
    /// <returns>How many.</returns>
    public ValueTask<int> RemoveExpiredAsync(CancellationToken cancellationToken = default) => new(Task.Run(() => RemoveExpired(cancellationToken), cancellationToken));

    /// <summary>What is stored of a session; null for a damaged one, whose owner is not known and which must not hide those of others.</summary>
    private async Task<SessionRecord?> FindUndamagedAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            return await FindAsync(id, cancellationToken).ConfigureAwait(false);
        }
        catch (StoredSessionException)
        {
            return null;
        }
    }

    /// <summary>The folders of all sessions.</summary>
    private string[] Folders()
    {
        try
        {
            return Directory.GetDirectories(_folder);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new StoreUnavailableException("the sessions of the store could not be listed", fault);
        }
    }

    /// <summary>The newest version of a session; a damaged one is no fault of the file system.</summary>
    private StoredSession? OpenOrFail(string id)
    {
        try
        {
            return Open(id);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new StoreUnavailableException($"the session {id} could not be read from the store", fault);
        }
    }

    private StoredSession? Open(string id)
    {
        for (int attempt = 1; ; attempt++)
        {
            if (Newest(id) is not { } version)
            {
                return null;
            }

            try
            {
                return OpenVersion(id, version);
            }
            catch (Exception fault) when (fault is FileNotFoundException or DirectoryNotFoundException && attempt < Attempts)
            {
                // It was replaced or deleted meanwhile.
            }
        }
    }

    private StoredSession? OpenVersion(string id, long version)
    {
        FileStream stream = new(FileOf(id, version), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        try
        {
            SessionRecord record = SessionRecordFile.Read(stream, id, version);
            if (HasExpired(record))
            {
                stream.Dispose();
                return null;
            }

            return new StoredSession(record, stream);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    private void Write(SessionRecord record, ReadOnlyMemory<byte> state)
    {
        if (!Conversation.IsId(record.Id))
        {
            throw new ArgumentException($"'{InputText.Show(record.Id ?? "")}' is no id of a session", nameof(record));
        }

        CleanNowAndThen();
        string folder = FolderOf(record.Id), file = FileOf(record.Id, record.Version);
        if ((Newest(record.Id) ?? 0) != record.Version - 1)
        {
            throw Conflict(record);
        }

        RequireRoom(record, state.Length);
        if (record.Version == 1)
        {
            CreatePrivate(folder);
            DiskFlush.Folder(_folder);
        }

        try
        {
            if (!TryWrite(file, folder, record, state) || Newest(record.Id) != record.Version)
            {
                throw Conflict(record);
            }
        }
        catch when (record.Version == 1)
        {
            // Deletes an empty folder only.
            BestEffort.Try(() => Directory.Delete(folder));
            throw;
        }

        try
        {
            Count(FolderSize.LengthOf(file) - RemoveOlder(folder, record.Version));
        }
        catch (DirectoryNotFoundException)
        {
            // Deleted by another process just after it was written.
        }
    }

    /// <returns>False if another process has created the version or deleted the session.</returns>
    private static bool TryWrite(string file, string folder, SessionRecord record, ReadOnlyMemory<byte> state)
    {
        try
        {
            return AtomicFile.WriteNew(file, stream => SessionRecordFile.Write(stream, record, state.Span));
        }
        catch (Exception fault) when (fault is InputException or IOException or UnauthorizedAccessException)
        {
            return Directory.Exists(folder) ? throw NotWritten(record, fault) : false;
        }
    }

    /// <summary>The message is for a client, who need not know where the store is.</summary>
    private static StoreUnavailableException NotWritten(SessionRecord record, Exception fault) => new($"the session {record.Id} could not be written to the store", fault);

    /// <summary>Removes the versions before one, and what killed processes left of them.</summary>
    /// <returns>Their bytes.</returns>
    private static long RemoveOlder(string folder, long version)
    {
        long bytes = 0;
        foreach (FileInfo file in new DirectoryInfo(folder).EnumerateFiles("*", new EnumerationOptions { AttributesToSkip = 0 }))
        {
            if (VersionOf(file.Name.TrimStart('.')) is { } other && (other < version || (other == version && file.Name[0] == '.')))
            {
                bytes += Remove(file);
            }
        }

        return bytes;
    }

    /// <returns>The bytes that are free now; 0 if another process was faster, or the next write has to try again.</returns>
    private static long Remove(FileInfo file)
    {
        try
        {
            long length = file.Length;
            file.Delete();
            return length;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    private void Delete(string id)
    {
        if (!Conversation.IsId(id))
        {
            return;
        }

        for (int attempt = 1; Directory.Exists(FolderOf(id)); attempt++)
        {
            try
            {
                Directory.Delete(FolderOf(id), recursive: true);
                DiskFlush.Folder(_folder);
                _hasCounted = false;
            }
            catch (DirectoryNotFoundException)
            {
                return;
            }
            catch (IOException) when (attempt < Attempts)
            {
                // Another process writes a version just now.
            }
        }
    }

    /// <summary>The newest version of a session; null if there is none.</summary>
    private long? Newest(string id)
    {
        if (!Conversation.IsId(id) || !Directory.Exists(FolderOf(id)))
        {
            return null;
        }

        try
        {
            return Directory.EnumerateFiles(FolderOf(id), "*" + Suffix).Select(file => VersionOf(Path.GetFileName(file))).Max();
        }
        catch (DirectoryNotFoundException)
        {
            return null;
        }
    }

    private void RequireRoom(SessionRecord record, long length)
    {
        if (_options.MaxBytes == 0)
        {
            return;
        }

        if (Total() + length > _options.MaxBytes)
        {
            RemoveExpired(CancellationToken.None);
            _hasCounted = false;
            if (Total() + length > _options.MaxBytes)
            {
                throw new StoreFullException($"the session {record.Id} needs {length} bytes, but the store holds {Total()} of at most {_options.MaxBytes}; delete sessions that are no longer needed");
            }
        }
    }

    /// <summary>The bytes in the folder, counted anew now and then: other processes write there too.</summary>
    private long Total()
    {
        lock (_gate)
        {
            if (!_hasCounted || _options.Clock.GetElapsedTime(_counted) > s_recount)
            {
                _bytes = FolderSize.Of(_folder);
                (_counted, _hasCounted) = (_options.Clock.GetTimestamp(), true);
            }

            return _bytes;
        }
    }

    private void Count(long bytes)
    {
        lock (_gate)
        {
            _bytes += bytes;
        }
    }

    private void CleanNowAndThen()
    {
        if (_options.Expiry is { } expiry && _options.Clock.GetElapsedTime(Volatile.Read(ref _cleaned)) > expiry / 10)
        {
            RemoveExpired(CancellationToken.None);
        }
    }

    private int RemoveExpired(CancellationToken cancellationToken)
    {
        Volatile.Write(ref _cleaned, _options.Clock.GetTimestamp());
        int removed = 0;
        foreach (string folder in _options.Expiry is null ? [] : Directory.GetDirectories(_folder))
        {
            cancellationToken.ThrowIfCancellationRequested();
            string id = Path.GetFileName(folder);
            if (Conversation.IsId(id) && HasExpired(id))
            {
                Delete(id);
                removed++;
            }
        }

        return removed;
    }

    private bool HasExpired(string id)
    {
        try
        {
            if (Newest(id) is not { } version)
            {
                return false;
            }

            using FileStream stream = new(FileOf(id, version), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
            return HasExpired(SessionRecordFile.Read(stream, id, version));
        }
        catch (Exception fault) when (fault is IOException or StoredSessionException)
        {
            // Damaged or just replaced: not for us to remove.
            return false;
        }
    }

    private bool HasExpired(SessionRecord record) => _options.Expiry is { } expiry && _options.Clock.GetUtcNow() - record.LastUsed > expiry;

    private string FolderOf(string id) => Path.Combine(_folder, id);

    private string FileOf(string id, long version) => Path.Combine(_folder, id, version.ToString($"D{VersionDigits}", CultureInfo.InvariantCulture) + Suffix);

    private static long? VersionOf(string name) =>
        name.Length >= VersionDigits + Suffix.Length && name.AsSpan(VersionDigits).StartsWith(Suffix, StringComparison.Ordinal)
        && long.TryParse(name.AsSpan(0, VersionDigits), NumberStyles.None, CultureInfo.InvariantCulture, out long version) ? version : null;

    private static void CreatePrivate(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private static SessionConflictException Conflict(SessionRecord record) =>
        new($"another process has changed or deleted the session {record.Id} since its version {record.Version - 1}");
}
