using TransformerXL.Tensors.Cpu.RelativeAttention;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Cpu.Inference;

/// <summary>
/// The projected relative rows r of one layer for all distances that a session can meet, computed once because the weights
/// are fixed: row p is r for the distance <see cref="Count"/> - 1 - p, from the farthest key before a query down to 0, and then
/// down to -<see cref="After"/> for keys after it. The rows around distance 0 serve any shorter span.
/// </summary>
public sealed class RelativeTable
{
    private readonly Tensor _rows;

    // Two values of bfloat16 take the place of a float.
    private readonly int _rowFloats;

    /// <summary>Lays out the rows head by head.</summary>
    /// <param name="rows">r by descending distance: (count, H d_h).</param>
    /// <param name="heads">H.</param>
    /// <param name="precision">How they are kept: <see cref="Precision.Float32"/> as they are; otherwise as bfloat16, in half the bytes.</param>
    /// <param name="after">Rows at the end that are for keys after the query: distances -1 to -after. None in causal attention.</param>
    /// <exception cref="ArgumentException">The length of a row is not divisible by the heads, or there are not so many rows.</exception>
    public unsafe RelativeTable(Tensor rows, int heads, Precision precision = Precision.Float32, int after = 0)
    {
        if (heads < 1 || rows.Shape.Columns % heads != 0)
        {
            throw new ArgumentException($"relative rows of shape {rows.Shape} do not belong to {heads} heads", nameof(rows));
        }

        if (after < 0 || after > rows.Shape[0])
        {
            throw new ArgumentException($"a table of {rows.Shape[0]} relative rows cannot have {after} for keys after the query", nameof(after));
        }

        After = after;
        Count = rows.Shape[0] - after;
        Heads = heads;
        HeadSize = rows.Shape.Columns / heads;
        StoredPrecision = KeyValueMemory.StoredAs(precision);
        _rowFloats = KeyValueMemory.Padded(HeadSize) / KeyValueMemory.ValuesPerFloat(StoredPrecision);
        _rows = Tensor.Allocate(new Shape(heads, Count + after, _rowFloats));
        for (int row = 0; row < (Count + after) * heads; row++)
        {
            float* source = rows.Pointer + ((nint)row * HeadSize);
            float* target = _rows.Pointer + (((((nint)row % heads) * (Count + after)) + (row / heads)) * _rowFloats);
            if (StoredPrecision == Precision.Bfloat16)
            {
                Bfloat16Rows.Narrow(source, (ushort*)target, HeadSize);
            }
            else
            {
                new ReadOnlySpan<float>(source, HeadSize).CopyTo(new Span<float>(target, HeadSize));
            }
        }

        rows.KeepAlive();
    }

    /// <summary>Distances of keys up to the query itself that are covered: 0 to Count - 1.</summary>
    public int Count { get; }

    /// <summary>Distances of keys after the query that are covered: -1 to -After.</summary>
    public int After { get; }

    /// <summary>H.</summary>
    public int Heads { get; }

    /// <summary>d_h.</summary>
    public int HeadSize { get; }

    /// <summary>Float32 or bfloat16.</summary>
    public Precision StoredPrecision { get; }

    /// <summary>Bytes of native memory.</summary>
    public long Bytes => _rows.Count * sizeof(float);

    /// <summary>The rows from the distance keys - 1 on.</summary>
    internal unsafe HeadRows From(int keys) =>
        new(_rows.Pointer + ((nint)(Count - keys) * _rowFloats), _rowFloats, 0, ((nint)Count + After) * _rowFloats);
}
