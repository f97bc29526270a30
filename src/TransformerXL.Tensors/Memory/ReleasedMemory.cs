using TransformerXL.Tensors.Cpu;

namespace TransformerXL.Tensors.Memory;

/// <summary>
/// Released memory by size. A step uses few different sizes, so that a linear search is faster than
/// hashing.
/// </summary>
internal sealed class ReleasedMemory
{
    private OneSize[] _sizes = [];

    /// <summary>Adds memory that is no longer in use.</summary>
    public void Add(long bytes, NativeBuffer owner, long offset)
    {
        OneSize? size = Find(bytes);
        if (size is null)
        {
            size = new OneSize(bytes);
            _sizes = [.. _sizes, size];
        }

        size.Push((owner, offset));
    }

    /// <summary>Returns the memory of this size that was added last, if there is any.</summary>
    public bool TryTake(long bytes, out (NativeBuffer Owner, long Offset) place)
    {
        if (Find(bytes) is { Count: > 0 } size)
        {
            place = size.Pop();
            return true;
        }

        place = default;
        return false;
    }

    /// <summary>Removes all entries.</summary>
    public void Clear()
    {
        foreach (OneSize size in _sizes)
        {
            size.Count = 0;
        }
    }

    private OneSize? Find(long bytes)
    {
        foreach (OneSize size in _sizes)
        {
            if (size.Bytes == bytes)
            {
                return size;
            }
        }

        return null;
    }

    private sealed class OneSize(long bytes)
    {
        private (NativeBuffer Owner, long Offset)[] _places = new (NativeBuffer, long)[4];

        public long Bytes { get; } = bytes;

        public int Count { get; set; }

        public void Push((NativeBuffer Owner, long Offset) place)
        {
            if (Count == _places.Length)
            {
                Array.Resize(ref _places, 2 * Count);
            }

            _places[Count++] = place;
        }

        public (NativeBuffer Owner, long Offset) Pop() => _places[--Count];
    }
}
