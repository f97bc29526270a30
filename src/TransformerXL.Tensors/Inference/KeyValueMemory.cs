using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Inference;

/// <summary>Projected keys and values of one layer, row after row, of fixed capacity, created by <see cref="Backend.CreateKeyValueMemory"/>.</summary>
public abstract class KeyValueMemory
{
    private protected KeyValueMemory(int capacity, int streams, int heads, int headSize, Precision precision) =>
        (Capacity, Streams, Heads, HeadSize, StoredPrecision) = (capacity, streams, heads, headSize, StoredAs(precision));

    /// <summary>The capacity in rows.</summary>
    public int Capacity { get; }

    /// <summary>B.</summary>
    public int Streams { get; }

    /// <summary>H.</summary>
    public int Heads { get; }

    /// <summary>d_h.</summary>
    public int HeadSize { get; }

    /// <summary>Float32 or bfloat16.</summary>
    public Precision StoredPrecision { get; }

    /// <summary>Bytes of memory.</summary>
    public abstract long Bytes { get; }

    /// <summary>Creates a memory with the same sizes that is filled with zeros.</summary>
    public abstract KeyValueMemory CreateEmpty();

    /// <summary>Creates several memories with the same sizes that are filled with zeros: those of the layers of a model, which are read one after the other.</summary>
    /// <param name="count">The number of memories.</param>
    public virtual KeyValueMemory[] CreateEmpty(int count) => [.. Enumerable.Range(0, count).Select(_ => CreateEmpty())];

    /// <summary>Writes the keys and values of new tokens.</summary>
    /// <param name="row">The row of the first token.</param>
    /// <param name="projected">Rows that end with keys beside values: (T, B, at least 2 H d_h).</param>
    /// <exception cref="ArgumentOutOfRangeException">The rows are outside the memory.</exception>
    /// <exception cref="ArgumentException">The rows of <paramref name="projected"/> are too short.</exception>
    public void Write(int row, Tensor projected)
    {
        CheckRows(row, projected.Shape.Rows / Streams);
        int width = projected.Shape.Columns, needed = 2 * Heads * HeadSize;
        if (width < needed)
        {
            throw new ArgumentException($"rows of {width} do not end with keys beside values, which are {needed} long", nameof(projected));
        }

        WriteRows(row, projected);
    }

    /// <summary>Reads rows as keys beside values: (rows, B, 2 H d_h).</summary>
    /// <param name="row">The first row.</param>
    /// <param name="destination">Receives the rows.</param>
    /// <exception cref="ArgumentOutOfRangeException">The rows are outside the memory.</exception>
    public void Read(int row, Tensor destination)
    {
        CheckRows(row, destination.Shape.Rows / Streams);
        ReadRows(row, destination);
    }

    /// <summary>Copies rows to the beginning of a memory of the same sizes, which may be this one.</summary>
    /// <param name="row">The first row.</param>
    /// <param name="count">The number of rows.</param>
    /// <param name="destination">Receives the rows as its rows 0 to count - 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The rows are outside one of the memories.</exception>
    /// <exception cref="ArgumentException">Another class of backend created the destination.</exception>
    public void CopyToStart(int row, int count, KeyValueMemory destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        CheckRows(row, count);
        destination.CheckRows(0, count);
        if (destination.GetType() != GetType())
        {
            throw new ArgumentException($"rows of a {GetType().Name} cannot be copied to a {destination.GetType().Name}", nameof(destination));
        }

        CopyRowsToStart(row, count, destination);
    }

    internal void CheckRows(int row, int count)
    {
        if (row < 0 || count < 0 || row > Capacity - count)
        {
            throw new ArgumentOutOfRangeException(nameof(row), $"rows {row} to {row + (long)count} are not all inside a memory of {Capacity} rows");
        }
    }

    /// <summary>All precisions below float32 store bfloat16.</summary>
    internal static Precision StoredAs(Precision precision) => precision == Precision.Float32 ? Precision.Float32 : Precision.Bfloat16;

    private protected abstract void WriteRows(int row, Tensor projected);

    private protected abstract void ReadRows(int row, Tensor destination);

    private protected abstract void CopyRowsToStart(int row, int count, KeyValueMemory destination);
}
