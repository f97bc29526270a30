using TransformerXL.Tensors.Cpu;

namespace TransformerXL.Tensors.Memory;

/// <summary>
/// Memory for values that live for one step. Allocation moves an offset, <see cref="Reset"/> releases everything
/// at once, and <see cref="Release"/> gives one block to the next request of the same size. A step like the previous one
/// allocates nothing from the system. Not thread-safe.
/// </summary>
/// <remarks>A tensor of the arena must not be used after <see cref="Reset"/>. Contents are not cleared.</remarks>
public sealed class Arena
{
    // A small step needs no more than the first; the others are worth a few huge pages.
    private const long FirstBlock = 1 << 20, SmallestBlock = 8 << 20;

    // The largest excess over the needed size that may be requested from the system.
    private const int Surplus = 8;

    private readonly List<(NativeBuffer Buffer, long Used)> _blocks = [];
    private readonly ReleasedMemory _released = new();

    /// <summary>Bytes allocated since the last reset, including padding and released blocks.</summary>
    public long BytesInUse
    {
        get
        {
            long sum = 0;
            foreach ((_, long used) in _blocks)
            {
                sum += used;
            }

            return sum;
        }
    }

    /// <summary>Bytes allocated from the system.</summary>
    public long BytesReserved
    {
        get
        {
            long sum = 0;
            foreach ((NativeBuffer buffer, _) in _blocks)
            {
                sum += buffer.Bytes;
            }

            return sum;
        }
    }

    /// <summary>Allocates a tensor with undefined contents.</summary>
    public Tensor Allocate(Shape shape)
    {
        (NativeBuffer owner, long offset) = Take(Padded(shape.Count * sizeof(float)));
        return new Tensor(owner, offset, shape);
    }

    /// <summary>Allocates integers and copies the values.</summary>
    public IndexTensor Allocate(ReadOnlySpan<int> values)
    {
        (NativeBuffer owner, long offset) = Take(Padded((long)values.Length * sizeof(int)));
        IndexTensor tensor = new(owner, offset, values.Length);
        values.CopyTo(tensor.Span);
        return tensor;
    }

    /// <summary>Releases the memory of a tensor of this arena; the next allocation of the same size reuses it.</summary>
    public void Release(Tensor tensor)
    {
        if (tensor.Owner is not { } owner)
        {
            return;
        }

        _released.Add(Padded(tensor.Count * sizeof(float)), owner, tensor.Offset);
    }

    /// <summary>Whether a tensor is of this arena.</summary>
    internal bool Owns(Tensor tensor)
    {
        foreach ((NativeBuffer buffer, _) in _blocks)
        {
            if (ReferenceEquals(buffer, tensor.Owner))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Releases all tensors but keeps the system's memory: replacing it would temporarily need both blocks.</summary>
    public void Reset()
    {
        _released.Clear();
        for (int i = 0; i < _blocks.Count; i++)
        {
            _blocks[i] = (_blocks[i].Buffer, 0);
        }
    }

    private (NativeBuffer Owner, long Offset) Take(long bytes)
    {
        if (_released.TryTake(bytes, out (NativeBuffer, long) reused))
        {
            return reused;
        }

        int block = 0;
        while (block < _blocks.Count && _blocks[block].Used + bytes > _blocks[block].Buffer.Bytes)
        {
            block++;
        }

        if (block == _blocks.Count)
        {
            _blocks.Add((new NativeBuffer(Math.Max(bytes, (long)MinBlock(block, BytesReserved)), zeroed: false), 0));
        }

        (NativeBuffer owner, long used) = _blocks[block];
        _blocks[block] = (owner, used + bytes);
        return (owner, used);
    }

    /// <summary>The minimum size of the block with this number, given the bytes that are allocated already.</summary>
    internal static double MinBlock(int number, double reserved) => number == 0 ? FirstBlock : Math.Max(SmallestBlock, Math.Floor(reserved / Surplus));

    private static long Padded(long bytes) =>
        (Math.Max(bytes, 1) + NativeBuffer.Alignment - 1) & -NativeBuffer.Alignment;
}
