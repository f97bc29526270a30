namespace TransformerXL.Tensors.Memory;

/// <summary>Computes the memory that an <see cref="Arena"/> would allocate for requests of known sizes, without allocating it.</summary>
public sealed class ArenaForecast
{
    private readonly List<(double Bytes, double Used)> _blocks = [];

    /// <summary>Bytes that would be taken from the system.</summary>
    public double BytesReserved { get; private set; }

    /// <summary>A request, for the first block with room, as an arena serves it.</summary>
    /// <param name="floats">Its size in floats; it may exceed the memory of any machine.</param>
    public void Allocate(double floats)
    {
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

    /// <summary>Releases everything, as at the beginning of a step.</summary>
    public void Reset()
    {
        for (int i = 0; i < _blocks.Count; i++)
        {
            _blocks[i] = (_blocks[i].Bytes, 0);
        }
    }
}
