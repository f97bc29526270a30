using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using StackExchange.Redis;
using TransformerXL.Inference.Serving;

namespace TransformerXL.Sessions.Redis;

/// <summary>
/// Keeps sessions in Redis: a hash for each with its version, its record and its state, and a set of ids for each owner. A write compares the version and replaces
/// the hash in one script, which Redis runs as a whole; several processes may use the store.
/// </summary>
public sealed class RedisSessionStore : ISessionStore
{
    private const string Version = "version", Record = "record", State = "state";

    /// <summary>Replaces version ARGV[1] of the session KEYS[1] (0: there must be none) by ARGV[2]; the set KEYS[2] of its owner gets its id.</summary>
    private const string Write = """
        if (redis.call('HGET', KEYS[1], 'version') or '0') ~= ARGV[1] then return 0 end
        redis.call('HSET', KEYS[1], 'version', ARGV[2], 'record', ARGV[3], 'state', ARGV[4])
        redis.call('SADD', KEYS[2], ARGV[5])
        if ARGV[6] ~= '0' then redis.call('PEXPIRE', KEYS[1], ARGV[6]) end
        return 1
        """;

    /// <summary>Takes the id of a session that has expired from the set of its owner.</summary>
    private const string Forget = "if redis.call('EXISTS', KEYS[1]) == 0 then return redis.call('SREM', KEYS[2], ARGV[1]) end return 0";

    private readonly IConnectionMultiplexer _redis;
    private readonly RedisSessionStoreOptions _options;
    private readonly string _prefix;

    /// <summary>Uses a connection, which the caller disposes.</summary>
    /// <param name="redis">The connection.</param>
    /// <param name="options">Prefix and expiry; the defaults if null.</param>
    /// <exception cref="InputException">An option is not valid.</exception>
    public RedisSessionStore(IConnectionMultiplexer redis, RedisSessionStoreOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(redis);
        (_redis, _options) = (redis, options ?? new RedisSessionStoreOptions());
        _options.Validate();

        // A script may use keys of one slot of a cluster only, which the part in braces decides.
        _prefix = $"txl:{{{_options.Prefix}}}:";
    }

    private IDatabase Database => _redis.GetDatabase(_options.Database);

    /// <inheritdoc/>
    public async ValueTask<SessionRecord?> FindAsync(string id, CancellationToken cancellationToken)
    {
        RedisValue record = await CallAsync(id, database => database.HashGetAsync(KeyOf(id), Record), cancellationToken).ConfigureAwait(false);
        return record.IsNull ? null : Parse(id, record);
    }

    /// <inheritdoc/>
    public async ValueTask<StoredSession?> ReadAsync(string id, CancellationToken cancellationToken)
    {
        RedisValue[] values = await CallAsync(id, database => database.HashGetAsync(KeyOf(id), [Record, State]), cancellationToken).ConfigureAwait(false);
        if (values[0].IsNull)
        {
            return null;
        }

        byte[] state = (byte[]?)values[1] ?? throw new StoredSessionException($"the stored session {id} is damaged");
        return new StoredSession(Parse(id, values[0]), new MemoryStream(state, writable: false));
    }

    /// <inheritdoc/>
    public async ValueTask WriteAsync(SessionRecord record, ReadOnlyMemory<byte> state, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(record);
        RedisKey[] keys = [KeyOf(record.Id), OwnerKey(record.Owner)];
        byte[] json = record.ToJson();
        RedisValue[] values = [record.Version - 1, record.Version, json, state, record.Id, (long)(_options.Expiry?.TotalMilliseconds ?? 0)];
        RedisResult done = await CallAsync(record.Id, database => database.ScriptEvaluateAsync(Write, keys, values), cancellationToken).ConfigureAwait(false);
        if ((int)done == 0)
        {
            throw new SessionConflictException($"another process has changed or deleted the session {record.Id} since its version {record.Version - 1}");
        }
    }

    /// <inheritdoc/>
    public async ValueTask DeleteAsync(string id, CancellationToken cancellationToken)
    {
        (SessionRecord? record, _) = await FindUndamagedAsync(id, cancellationToken).ConfigureAwait(false);
        await CallAsync(id, database => database.KeyDeleteAsync(KeyOf(id)), cancellationToken).ConfigureAwait(false);
        if (record is not null)
        {
            await ForgetAsync(id, record.Owner, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<SessionRecord> ListAsync(string owner, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(owner);
        RedisValue[] ids = await CallAsync("", database => database.SetMembersAsync(OwnerKey(owner)), cancellationToken).ConfigureAwait(false);
        foreach (string id in ids.Select(value => value.ToString()))
        {
            (SessionRecord? record, bool isDamaged) = await FindUndamagedAsync(id, cancellationToken).ConfigureAwait(false);
            if (record?.Owner == owner)
            {
                yield return record;
            }
            else if (record is null && !isDamaged)
            {
                await ForgetAsync(id, owner, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>What is stored of a session; null for a damaged one, which must not hide others and can be deleted.</summary>
    private async Task<(SessionRecord? Record, bool IsDamaged)> FindUndamagedAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            return (await FindAsync(id, cancellationToken).ConfigureAwait(false), false);
        }
        catch (StoredSessionException)
        {
            return (null, true);
        }
    }

    private Task<RedisResult> ForgetAsync(string id, string owner, CancellationToken cancellationToken) => CallAsync(
        id, database => database.ScriptEvaluateAsync(Forget, [KeyOf(id), OwnerKey(owner)], [id]), cancellationToken);

    /// <summary>Whatever goes wrong with Redis is a failure of the store. The message is for a client, who need not know where the store is.</summary>
    private async Task<T> CallAsync<T>(string id, Func<IDatabase, Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await call(Database).WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (RedisServerException fault) when (fault.Message.Contains("OOM", StringComparison.Ordinal))
        {
            throw new StoreFullException($"the store has no room for the session {id}; delete sessions that are no longer needed");
        }
        catch (Exception fault) when (fault is RedisException or RedisTimeoutException or RedisCommandException or ObjectDisposedException)
        {
            throw new StoreUnavailableException(id.Length == 0 ? "the store of sessions does not answer" : $"the store of sessions does not answer for the session {id}", fault);
        }
    }

    private static SessionRecord Parse(string id, RedisValue json) => SessionRecord.FromJson(((ReadOnlyMemory<byte>)json).Span, id);

    private RedisKey KeyOf(string id) => $"{_prefix}session:{id}";

    /// <summary>Owners may be names of any length.</summary>
    private RedisKey OwnerKey(string owner) => $"{_prefix}owner:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(owner)))}";
}
