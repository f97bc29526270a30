using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using TransformerXL.Inference.Serving;

namespace TransformerXL.Tests.Inference.Serving;

/// <summary>A store of another kind than a folder, which can be made to fail before or after a call does its work.</summary>
internal sealed class MemoryStore : ISessionStore
{
    private readonly ConcurrentDictionary<string, (SessionRecord Record, byte[] State)> _sessions = new();

    /// <summary>The call that fails, from 1; half of the failures come after the work. 0 for none.</summary>
    public int FailsAt { get; set; }

    public bool FailsAfterwards { get; set; }

    public int Calls { get; private set; }

    public async ValueTask<SessionRecord?> FindAsync(string id, CancellationToken cancellationToken) =>
        await Call(() => _sessions.TryGetValue(id, out (SessionRecord Record, byte[]) session) ? session.Record : null);

    public async ValueTask<StoredSession?> ReadAsync(string id, CancellationToken cancellationToken) =>
        await Call(() => _sessions.TryGetValue(id, out (SessionRecord Record, byte[] State) session) ? new StoredSession(session.Record, new MemoryStream(session.State)) : null);

    public async ValueTask WriteAsync(SessionRecord record, ReadOnlyMemory<byte> state, CancellationToken cancellationToken) => await Call(() =>
    {
        long version = _sessions.TryGetValue(record.Id, out (SessionRecord Record, byte[]) old) ? old.Record.Version : 0;
        _sessions[record.Id] = version == record.Version - 1 ? (record, state.ToArray()) : throw new SessionConflictException("conflict");
        return true;
    });

    public async ValueTask DeleteAsync(string id, CancellationToken cancellationToken) => await Call(() => _sessions.TryRemove(id, out _));

    public async IAsyncEnumerable<SessionRecord> ListAsync(string owner, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach ((SessionRecord record, _) in await Call(() => _sessions.Values.Where(session => session.Record.Owner == owner).ToArray()))
        {
            yield return record;
        }
    }

    private async Task<T> Call<T>(Func<T> work)
    {
        await Task.Yield();
        bool fails = ++Calls == FailsAt;
        if (fails && !FailsAfterwards)
        {
            throw new IOException("the disk is gone");
        }

        T result = work();
        return fails ? throw new IOException("the answer was lost") : result;
    }
}
