namespace TransformerXL.Tensors.Memory;

/// <summary>Computes the memory that an <see cref="Arena"/> would allocate for requests of known sizes, without allocating it.</summary>
public sealed class ArenaForecast
{
    private readonly List<(double Bytes, double Used)> _blocks = [];
    private readonly Dictionary<double, int> _released = [];

    /// <summary>Bytes that would be taken from the system.</summary>
    public double BytesReserved { get; private set; }

    /// <summary>Bytes of it that are in use since the last reset.</summary>
    public double BytesInUse => _blocks.Sum(block => block.Used);

    /// <summary>Serves a request as an arena does: from released memory of the same size, or from the first block with room.</summary>
    /// <param name="floats">Its size in floats; it may exceed the memory of any machine.</param>
    public void Allocate(double floats)
    {
        if (_released.TryGetValue(floats, out int count) && count > 0)
        {
            _released[floats] = count - 1;
            return;
        }

        double bytes = floats * sizeof(float);
        int block = _blocks.FindIndex(candidate => candidate.Used + bytes <= candidate.Bytes);
        if (block < 0)
        {
            block = _blocks.Count;
            _blocks.Add((Math.Max(bytes, Arena.MinBlock(_blocks.Count, BytesReserved)), 0));
            BytesReserved += _blocks[block].Bytes;
        }

        _blocks[block] = (_blocks[block].Bytes, _blocks[block].Used + bytes);
    }

    /// <summary>Releases the memory of a request for others of its size.</summary>
    /// <param name="floats">Its size in floats.</param>
    public void Release(double floats) => _released[floats] = _released.GetValueOrDefault(floats) + 1;

    /// <summary>Begins a backward pass that lends memory (<see cref="Autodiff.Tape.LendsMemory"/>): it does not reuse what was released before.</summary>
    public void BeginReturn() => _released.Clear();

    /// <summary>Releases everything, as at the beginning of a step of a tape that lends memory: its blocks become one.</summary>
    public void Reset()
    {
        _released.Clear();
        _blocks.Clear();
        if (BytesReserved > 0)
        {
            _blocks.Add((BytesReserved, 0));
        }
    }
}
