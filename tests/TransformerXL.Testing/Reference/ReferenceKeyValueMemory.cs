using TransformerXL.Tensors;
using TransformerXL.Tensors.Inference;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Testing.Reference;

/// <summary>Rows of keys beside values, one after the other.</summary>
internal sealed class ReferenceKeyValueMemory(int capacity, int streams, int heads, int headSize, Precision precision)
    : KeyValueMemory(capacity, streams, heads, headSize, precision)
{
    private readonly Tensor _rows = Tensor.Allocate(new Shape(capacity, streams, 2 * heads * headSize));

    public override long Bytes => _rows.Count * sizeof(float);

    private int Width => 2 * Heads * HeadSize;

    public override KeyValueMemory CreateEmpty() => new ReferenceKeyValueMemory(Capacity, Streams, Heads, HeadSize, StoredPrecision);

    private protected override void WriteRows(int row, Tensor projected)
    {
        int columns = projected.Shape.Columns;
        Tensor rounded = ReferenceBackend.Rounded(projected, StoredPrecision);
        for (int i = 0; i < projected.Shape.Rows; i++)
        {
            rounded.Span.Slice(((i + 1) * columns) - Width, Width).CopyTo(_rows.Span[(((row * Streams) + i) * Width)..]);
        }
    }

    private protected override void ReadRows(int row, Tensor destination) =>
        _rows.Span.Slice(row * Streams * Width, (int)destination.Count).CopyTo(destination.Span);

    private protected override void CopyRowsToStart(int row, int count, KeyValueMemory destination) =>
        _rows.Slice(row, count).Span.CopyTo(((ReferenceKeyValueMemory)destination)._rows.Span);
}
