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

    private readonly List<Block> _blocks = [];
    private readonly ReleasedMemory _released = new();

    // What the forward pass of a step took, in order; what the backward pass took at most in a step so far.
    private readonly List<(int Block, long Offset)> _taken = [];
    private long _mostInReturn, _lentAbove;
    private bool _returns;

    /// <summary>Bytes allocated since the last reset, including padding and released blocks.</summary>
    public long BytesInUse
    {
        get
        {
            long sum = 0;
            foreach (Block block in _blocks)
            {
                sum += block.Used;
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
            foreach (Block block in _blocks)
            {
                sum += block.Buffer.Bytes;
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

        // From the backward pass on, what the forward pass took is returned with its operation, and may be lent.
        int block = Lends ? BlockOf(owner) : -1;
        if (block < 0 || tensor.Offset >= _blocks[block].End)
        {
            _released.Add(Padded(tensor.Count * sizeof(float)), owner, tensor.Offset);
        }
    }

    /// <summary>Whether a tensor is of this arena.</summary>
    internal bool Owns(Tensor tensor) => BlockOf(tensor.Owner) >= 0;

    /// <summary>Whether the backward pass lends the memory of the forward pass.</summary>
    internal bool Lends { get; set; }

    /// <summary>How many places the forward pass has taken, for <see cref="Return"/>.</summary>
    internal int Taken => _taken.Count;

    /// <summary>
    /// Begins the backward pass, which no longer needs what the forward pass took last: <see cref="Return"/> returns it, and <see cref="TryLend"/> lends it until <see cref="Reset"/>. Memory that was released
    /// before is returned with the place it belongs to.
    /// </summary>
    internal void BeginReturn()
    {
        _released.Clear();
        (_returns, _lentAbove) = (true, 0);
        foreach (Block block in _blocks)
        {
            (block.FreeFrom, block.FreeTo, block.End) = (block.Used, block.Used, block.Used);
        }
    }

    /// <summary>Returns all places but the first that the forward pass took.</summary>
    /// <param name="first">How many stay: a value of <see cref="Taken"/> in the forward pass.</param>
    internal void Return(int first)
    {
        for (int i = _taken.Count - 1; i >= first; i--)
        {
            Block block = _blocks[_taken[i].Block];
            block.FreeFrom = Math.Min(block.FreeFrom, _taken[i].Offset);
        }

        if (first < _taken.Count)
        {
            _taken.RemoveRange(first, _taken.Count - first);
        }
    }

    /// <summary>
    /// Memory of the arena that nothing else needs until <see cref="Reset"/>: what the forward pass has returned or, in a step that needs less than others, what lies above. Contents are undefined.
    /// </summary>
    internal bool TryLend(Shape shape, out Tensor tensor)
    {
        tensor = default;
        if (!_returns)
        {
            return false;
        }

        long bytes = Padded(shape.Count * sizeof(float));
        foreach (Block block in _blocks)
        {
            if (block.FreeTo - block.FreeFrom >= bytes)
            {
                block.FreeTo -= bytes;
                tensor = new Tensor(block.Buffer, block.FreeTo, shape);
                return true;
            }
        }

        if (_blocks is [Block only] && Math.Max(only.Used, only.End + _mostInReturn + _lentAbove) + bytes <= only.Buffer.Bytes)
        {
            (tensor, only.Used, _lentAbove) = (new Tensor(only.Buffer, only.Used, shape), only.Used + bytes, _lentAbove + bytes);
            return true;
        }

        return false;
    }

    /// <summary>Ends the backward pass.</summary>
    internal void EndReturn()
    {
        long used = -_lentAbove;
        foreach (Block block in _blocks)
        {
            used += block.Used - block.End;
        }

        (_mostInReturn, _returns) = (Math.Max(_mostInReturn, used), false);
        _taken.Clear();
    }

    /// <summary>Releases all tensors but keeps the system's memory: replacing it would temporarily need both blocks.</summary>
    public void Reset()
    {
        _released.Clear();
        _taken.Clear();
        _returns = false;
        foreach (Block block in _blocks)
        {
            block.Clear();
        }

        if (Lends && _blocks.Count > 1)
        {
            Join();
        }
    }

    /// <summary>Makes one block of several: what the next steps return then lies together.</summary>
    private void Join()
    {
        long bytes = BytesReserved;
        foreach (Block block in _blocks)
        {
            block.Buffer.Free();
        }

        _blocks.Clear();
        _blocks.Add(new Block(new NativeBuffer(bytes, zeroed: false)));
    }

    private int BlockOf(NativeBuffer? buffer)
    {
        int block = _blocks.Count - 1;
        while (block >= 0 && !ReferenceEquals(_blocks[block].Buffer, buffer))
        {
            block--;
        }

        return block;
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
            _blocks.Add(new Block(new NativeBuffer(Math.Max(bytes, (long)MinBlock(block, BytesReserved)), zeroed: false)));
        }

        long offset = _blocks[block].Used;
        _blocks[block].Used += bytes;
        if (Lends && !_returns)
        {
            _taken.Add((block, offset));
        }

        return (_blocks[block].Buffer, offset);
    }

    /// <summary>The minimum size of the block with this number, given the bytes that are allocated already.</summary>
    internal static double MinBlock(int number, double reserved) => number == 0 ? FirstBlock : Math.Max(SmallestBlock, Math.Floor(reserved / Surplus));

    private static long Padded(long bytes) =>
        (Math.Max(bytes, 1) + NativeBuffer.Alignment - 1) & -NativeBuffer.Alignment;

    private sealed class Block(NativeBuffer buffer)
    {
        public NativeBuffer Buffer { get; } = buffer;

        public long Used { get; set; }

        /// <summary>Where the places of the forward pass end.</summary>
        public long End { get; set; }

        /// <summary>The part of them that was returned and not lent.</summary>
        public long FreeFrom { get; set; }

        public long FreeTo { get; set; }

        public void Clear() => (Used, End, FreeFrom, FreeTo) = (0, 0, 0, 0);
    }
}
