using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Inference;

/// <summary>
/// The projected relative rows r of one layer for all distances that can occur in a session, computed once because the weights
/// are fixed, created by <see cref="Backend.CreateRelativeTable"/>. Row p is r for the distance <see cref="Count"/> - 1 - p: from the
/// farthest key before a query down to 0, and then down to -<see cref="After"/> for keys after it. The rows around distance 0 also
/// serve any shorter span.
/// </summary>
public abstract class RelativeTable
{
    private protected RelativeTable(Tensor rows, int heads, Precision precision, int after)
    {
        if (heads < 1 || rows.Shape.Columns % heads != 0)
        {
            throw new ArgumentException($"relative rows of shape {rows.Shape} do not belong to {heads} heads", nameof(rows));
        }

        if (after < 0 || after > rows.Shape[0])
        {
            throw new ArgumentException($"a table of {rows.Shape[0]} relative rows cannot have {after} for keys after the query", nameof(after));
        }

        (Count, After, Heads, HeadSize) = (rows.Shape[0] - after, after, heads, rows.Shape.Columns / heads);
        StoredPrecision = KeyValueMemory.StoredAs(precision);
    }

    /// <summary>The number of distances of keys up to the query itself: 0 to Count - 1.</summary>
    public int Count { get; }

    /// <summary>The number of distances of keys after the query: -1 to -After.</summary>
    public int After { get; }

    /// <summary>H.</summary>
    public int Heads { get; }

    /// <summary>d_h.</summary>
    public int HeadSize { get; }

    /// <summary>Float32 or bfloat16.</summary>
    public Precision StoredPrecision { get; }

    /// <summary>Bytes of memory.</summary>
    public abstract long Bytes { get; }
}
