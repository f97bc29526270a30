using TransformerXL.Tensors.Kernels.RelativeAttention;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Kernels.Inference;

/// <summary>
/// The projected relative rows r of one layer for all distances that a session can meet, computed once because the weights
/// are fixed: row p is r for the distance <see cref="Count"/> - 1 - p, so that the last rows serve any shorter span.
/// </summary>
public sealed class RelativeTable
{
    private readonly Tensor _rows;
    private readonly int _padded;

    /// <summary>Lays out the rows head by head.</summary>
    /// <param name="rows">r by descending distance: (count, H d_h).</param>
    /// <param name="heads">H.</param>
    /// <exception cref="ArgumentException">The length of a row is not divisible by the heads.</exception>
    public RelativeTable(Tensor rows, int heads)
    {
        if (heads < 1 || rows.Shape.Columns % heads != 0)
        {
            throw new ArgumentException($"relative rows of shape {rows.Shape} do not belong to {heads} heads", nameof(rows));
        }

        Count = rows.Shape[0];
        Heads = heads;
        HeadSize = rows.Shape.Columns / heads;
        _padded = KeyValueMemory.Padded(HeadSize);
        _rows = Tensor.Allocate(new Shape(heads, Count, _padded));
        for (int head = 0; head < heads; head++)
        {
            Span<float> target = _rows.Slice(head, 1).Span;
            for (int row = 0; row < Count; row++)
            {
                rows.Slice(row, 1).Span.Slice(head * HeadSize, HeadSize).CopyTo(target[(row * _padded)..]);
            }
        }

        rows.KeepAlive();
    }

    /// <summary>Distances that are covered: 0 to Count - 1.</summary>
    public int Count { get; }

    /// <summary>H.</summary>
    public int Heads { get; }

    /// <summary>d_h.</summary>
    public int HeadSize { get; }

    /// <summary>The rows for the distances keys - 1 down to 0.</summary>
    internal unsafe HeadRows Last(int keys) =>
        new(_rows.Pointer + ((nint)(Count - keys) * _padded), _padded, 0, (nint)Count * _padded);
}
