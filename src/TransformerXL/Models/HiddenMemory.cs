using TransformerXL.Tensors.Memory;

namespace TransformerXL.Models;

/// <summary>
/// The memory of a model in training: for every layer the hidden states of the last M tokens that entered it, without
/// gradient (Dai et al. 2019, section 3.2). Starts empty and grows to M.
/// </summary>
public sealed class HiddenMemory
{
    private readonly Tensor[] _states;
    private readonly int[] _rows;

    /// <summary>Creates an empty memory.</summary>
    /// <param name="layers">N.</param>
    /// <param name="length">M.</param>
    /// <param name="streams">B.</param>
    /// <param name="size">d.</param>
    public HiddenMemory(int layers, int length, int streams, int size)
    {
        Length = length;
        _rows = new int[layers];
        _states = new Tensor[layers];
        for (int layer = 0; layer < layers; layer++)
        {
            _states[layer] = Tensor.Allocate(new Shape(length, streams, size));
        }
    }

    /// <summary>M: the most rows that are kept.</summary>
    public int Length { get; }

    /// <summary>Rows that are kept now, at most M.</summary>
    public int Rows => _rows[0];

    /// <summary>The axes of a full memory of one layer: (M, B, d).</summary>
    public Shape MostShape => _states[0].Shape;

    /// <summary>The number of layers.</summary>
    public int Layers => _states.Length;

    /// <summary>The states that entered a layer, oldest first: (rows, B, d). Its contents change with the next segment.</summary>
    public Tensor this[int layer] => _states[layer].Slice(0, _rows[layer]);

    /// <summary>Forgets everything.</summary>
    public void Clear() => Array.Clear(_rows);

    /// <summary>Replaces the states of a layer by saved ones: (rows, B, d), at most M rows.</summary>
    public void Restore(int layer, int rows, ReadOnlySpan<float> states)
    {
        if ((uint)rows > (uint)Length)
        {
            throw new ArgumentOutOfRangeException(nameof(rows), $"{rows} rows do not fit a memory of {Length}");
        }

        states.CopyTo(_states[layer].Slice(0, rows).Span);
        _rows[layer] = rows;
    }

    /// <summary>Keeps the last rows of [m; h] that the next segment will not compute again.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="context">[m; h]: (rows + q, B, d).</param>
    /// <param name="configuration">M and the extended length.</param>
    internal void Update(int layer, Tensor context, ContextConfiguration configuration)
    {
        if (Length == 0)
        {
            return;
        }

        int memory = _rows[layer], segment = context.Shape[0] - memory;
        int end = configuration.ReferenceQuirks
            ? segment + Math.Max(0, memory - configuration.ExtendedLength)
            : memory + Math.Max(0, segment - configuration.ExtendedLength);
        int begin = Math.Max(0, end - Length);
        context.Slice(begin, end - begin).CopyTo(_states[layer].Slice(0, end - begin));
        _rows[layer] = end - begin;
    }
}
