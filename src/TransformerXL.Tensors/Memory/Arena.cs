namespace TransformerXL.Tensors.Memory;

/// <summary>
/// Memory for everything that lives no longer than one step. Allocation moves a pointer, <see cref="Reset"/> takes all
/// back at once, and <see cref="Release"/> gives one block to the next request of the same size. After the first steps
/// the arena is a single block and asks the system for nothing more. Not safe for concurrent use.
/// </summary>
/// <remarks>A tensor of the arena must not be used after <see cref="Reset"/>. Contents are not cleared.</remarks>
public sealed unsafe class Arena
{
    private const long SmallestBlock = 1 << 20;

    private readonly List<NativeBuffer> _blocks = [];
    private readonly Dictionary<long, Stack<nint>> _released = [];
    private long _offset;
    private long _earlier;

    /// <summary>Bytes handed out since the last reset, padding included and released blocks not taken off.</summary>
    public long BytesInUse => _earlier + _offset;

    /// <summary>Bytes taken from the system.</summary>
    public long BytesReserved
    {
        get
        {
            long sum = 0;
            foreach (NativeBuffer block in _blocks)
            {
                sum += block.Bytes;
            }

            return sum;
        }
    }

    /// <summary>Allocates a tensor with undefined contents.</summary>
    public Tensor Allocate(Shape shape)
    {
        byte* pointer = Take(Padded(shape.Count * sizeof(float)), out NativeBuffer owner);
        return new Tensor(owner, (float*)pointer, shape);
    }

    /// <summary>Allocates integers and copies the values.</summary>
    public IndexTensor Allocate(ReadOnlySpan<int> values)
    {
        byte* pointer = Take(Padded((long)values.Length * sizeof(int)), out NativeBuffer owner);
        IndexTensor tensor = new(owner, (int*)pointer, values.Length);
        values.CopyTo(tensor.Span);
        return tensor;
    }

    /// <summary>Gives the memory of a tensor of this arena back; the next allocation of the same size takes it.</summary>
    public void Release(Tensor tensor)
    {
        long bytes = Padded(tensor.Count * sizeof(float));
        if (!_released.TryGetValue(bytes, out Stack<nint>? stack))
        {
            _released[bytes] = stack = new Stack<nint>();
        }

        stack.Push((nint)tensor.Pointer);
    }

    /// <summary>Takes everything back. If one block was too small, the next step gets a single one of the whole size.</summary>
    public void Reset()
    {
        long needed = BytesInUse;
        foreach (Stack<nint> stack in _released.Values)
        {
            stack.Clear();
        }

        if (_blocks.Count > 1)
        {
            _blocks.Clear();
            _blocks.Add(new NativeBuffer(needed));
        }

        (_offset, _earlier) = (0, 0);
    }

    private byte* Take(long bytes, out NativeBuffer owner)
    {
        if (_released.TryGetValue(bytes, out Stack<nint>? stack) && stack.TryPop(out nint reused))
        {
            owner = _blocks[^1];
            return (byte*)reused;
        }

        if (_blocks.Count == 0 || _offset + bytes > _blocks[^1].Bytes)
        {
            Grow(bytes);
        }

        owner = _blocks[^1];
        byte* pointer = owner.Pointer + _offset;
        _offset += bytes;
        return pointer;
    }

    private void Grow(long bytes)
    {
        _earlier += _offset;
        _offset = 0;
        _blocks.Add(new NativeBuffer(Math.Max(bytes, Math.Max(SmallestBlock, BytesReserved / 2))));
    }

    private static long Padded(long bytes) =>
        (Math.Max(bytes, 1) + NativeBuffer.Alignment - 1) / NativeBuffer.Alignment * NativeBuffer.Alignment;
}
