namespace TransformerXL.Inference;

/// <summary>The ids of the last tokens that a session has read, in constant memory.</summary>
internal sealed class TokenTail
{
    /// <summary>The maximum number of tokens kept.</summary>
    public const int Capacity = 4096;

    private readonly int[] _ring = new int[Capacity];
    private int _next;

    /// <summary>Tokens that are kept.</summary>
    public int Count { get; private set; }

    /// <summary>Adds tokens behind the others.</summary>
    public void Add(ReadOnlySpan<int> ids)
    {
        ids = ids[Math.Max(0, ids.Length - Capacity)..];
        int first = Math.Min(ids.Length, Capacity - _next);
        ids[..first].CopyTo(_ring.AsSpan(_next));
        ids[first..].CopyTo(_ring);
        _next = (_next + ids.Length) % Capacity;
        Count = Math.Min(Capacity, Count + ids.Length);
    }

    /// <summary>The last tokens, oldest first; fewer where fewer are kept.</summary>
    public int[] Last(int max)
    {
        int count = Math.Min(max, Count), begin = (_next - count + Capacity) % Capacity, first = Math.Min(count, Capacity - begin);
        return [.. _ring.AsSpan(begin, first), .. _ring.AsSpan(0, count - first)];
    }

    public void Clear() => (_next, Count) = (0, 0);

    public void Assign(TokenTail other)
    {
        other._ring.CopyTo(_ring, 0);
        (_next, Count) = (other._next, other.Count);
    }
}
