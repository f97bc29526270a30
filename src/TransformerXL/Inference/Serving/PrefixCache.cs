using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace TransformerXL.Inference.Serving;

/// <summary>
/// Forks of sessions at checkpoints of prompts, the least recently used first to go. A memory that has rolled on cannot be cut back, so a
/// request goes on from the last checkpoint within what it shares with an earlier one. Checkpoints lie where chunks end; what follows is then
/// cut into the same chunks, and has the same bits, as without reuse.
/// </summary>
/// <remarks>
/// A checkpoint is found by a SHA-256 of all tokens before it, chunk after chunk. The sum begins with the client's name: usage would otherwise reveal to a client
/// what others have asked.
/// </remarks>
internal sealed class PrefixCache
{
    private readonly SessionPool _pool;
    private readonly int _maximum;
    private readonly Dictionary<PrefixKey, LinkedListNode<Checkpoint>> _entries = [];
    private readonly LinkedList<Checkpoint> _byUse = new();

    /// <param name="pool">Gives and takes sessions.</param>
    /// <param name="maximumBytes">The budget.</param>
    public PrefixCache(SessionPool pool, long maximumBytes) =>
        (_pool, _maximum) = (pool, (int)Math.Min(1 << 20, maximumBytes / Math.Max(1, pool.SessionBytes)));

    /// <summary>The maximum number of checkpoints.</summary>
    public int Maximum => _maximum;

    public int Count => _entries.Count;

    public long Bytes => Count * _pool.SessionBytes;

    /// <summary>The key of a client's empty text.</summary>
    public static PrefixKey Begin(string client) => PrefixKey.Of(SHA256.HashData(Encoding.UTF8.GetBytes(client)));

    /// <summary>The key of a text that continues with a chunk.</summary>
    /// <param name="before">The key of the text before the chunk.</param>
    /// <param name="chunk">Its tokens.</param>
    /// <param name="isEnd">Whether the prompt ends there: the state after the last token is then that of a prompt's end.</param>
    public static PrefixKey Next(PrefixKey before, ReadOnlySpan<int> chunk, bool isEnd)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(MemoryMarshal.AsBytes(new ReadOnlySpan<PrefixKey>(in before)));
        hash.AppendData(MemoryMarshal.AsBytes(chunk));
        hash.AppendData([(byte)(isEnd ? 1 : 0)]);
        Span<byte> sum = stackalloc byte[SHA256.HashSizeInBytes];
        hash.GetHashAndReset(sum);
        return PrefixKey.Of(sum);
    }

    /// <summary>A checkpoint, or null. It stays in the cache; the caller copies it at once.</summary>
    public InferenceSession? Find(PrefixKey key)
    {
        if (!_entries.TryGetValue(key, out LinkedListNode<Checkpoint>? node))
        {
            return null;
        }

        _byUse.Remove(node);
        _byUse.AddLast(node);
        return node.Value.Session;
    }

    /// <summary>Keeps a copy of a session; nothing happens where it is kept already or there is no room for any.</summary>
    public void Add(PrefixKey key, InferenceSession session)
    {
        if (_maximum == 0 || Find(key) is not null)
        {
            return;
        }

        if (_entries.Count == _maximum)
        {
            Remove(_byUse.First!.Value.Key);
        }

        _entries[key] = _byUse.AddLast(new Checkpoint(key, _pool.RentCopy(session)));
    }

    public void Remove(PrefixKey key)
    {
        if (_entries.Remove(key, out LinkedListNode<Checkpoint>? node))
        {
            _byUse.Remove(node);
            _pool.Return(node.Value.Session);
        }
    }

    private sealed record Checkpoint(PrefixKey Key, InferenceSession Session);
}
