using TransformerXL.Tensors.Cpu.RelativeAttention;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Cpu.Inference;

/// <summary>
/// Projected keys and values of one layer, row after row, of fixed capacity. Each stream and head has its rows side by
/// side, so that attention reads forward only.
/// </summary>
public sealed class KeyValueMemory
{
    /// <summary>Rows are padded with zeros to a multiple of this, the widest vector in floats.</summary>
    internal const int RowMultiple = 16;

    private readonly Tensor _keys, _values;

    // Two values of bfloat16 take the place of a float.
    private readonly int _rowFloats;

    /// <summary>Creates a memory of zeros.</summary>
    /// <param name="capacity">Rows (tokens).</param>
    /// <param name="streams">B.</param>
    /// <param name="heads">H.</param>
    /// <param name="headSize">d_h.</param>
    /// <param name="precision">How rows are kept: <see cref="Precision.Float32"/> as they come; otherwise as bfloat16, in half the bytes.</param>
    public KeyValueMemory(int capacity, int streams, int heads, int headSize, Precision precision = Precision.Float32)
    {
        (Capacity, Streams, Heads, HeadSize) = (capacity, streams, heads, headSize);
        StoredPrecision = StoredAs(precision);
        _rowFloats = Padded(headSize) / ValuesPerFloat(StoredPrecision);
        Shape shape = new(streams, heads, capacity, _rowFloats);
        _keys = Tensor.Allocate(shape);
        _values = Tensor.Allocate(shape);
    }

    /// <summary>Rows that there is room for.</summary>
    public int Capacity { get; }

    /// <summary>B.</summary>
    public int Streams { get; }

    /// <summary>H.</summary>
    public int Heads { get; }

    /// <summary>d_h.</summary>
    public int HeadSize { get; }

    /// <summary>Float32 or bfloat16.</summary>
    public Precision StoredPrecision { get; }

    /// <summary>Bytes of native memory.</summary>
    public long Bytes => 2 * _keys.Count * sizeof(float);

    /// <summary>Writes the keys and values of new tokens.</summary>
    /// <param name="row">The row of the first token.</param>
    /// <param name="projected">Rows that end with keys beside values: (T, B, at least 2 H d_h).</param>
    public unsafe void Write(int row, Tensor projected)
    {
        int width = projected.Shape.Columns, part = Heads * HeadSize, tokens = projected.Shape.Rows / Streams;
        CheckRows(row, tokens);
        if (width < 2 * part)
        {
            throw new ArgumentException($"rows of {width} do not end with keys beside values, which are {2 * part} long", nameof(projected));
        }

        float* source = projected.Pointer + width - (2 * part);
        for (int token = 0; token < tokens; token++)
        {
            for (int stream = 0; stream < Streams; stream++, source += width)
            {
                for (int head = 0; head < Heads; head++)
                {
                    nint target = Offset(stream, head, row + token);
                    WriteRow(source + (head * HeadSize), _keys.Pointer + target);
                    WriteRow(source + part + (head * HeadSize), _values.Pointer + target);
                }
            }
        }

        projected.KeepAlive();
        GC.KeepAlive(this);
    }

    /// <summary>Reads rows as keys beside values: (rows, B, 2 H d_h).</summary>
    /// <param name="row">The first row.</param>
    /// <param name="destination">Takes the rows.</param>
    public void Read(int row, Tensor destination)
    {
        int part = Heads * HeadSize, tokens = destination.Shape.Rows / Streams;
        CheckRows(row, tokens);
        for (int token = 0; token < tokens; token++)
        {
            for (int stream = 0; stream < Streams; stream++)
            {
                Span<float> target = destination.Span.Slice(((token * Streams) + stream) * 2 * part, 2 * part);
                for (int head = 0; head < Heads; head++)
                {
                    ReadRow(RowOf(_keys, stream, head, row + token), target.Slice(head * HeadSize, HeadSize));
                    ReadRow(RowOf(_values, stream, head, row + token), target.Slice(part + (head * HeadSize), HeadSize));
                }
            }
        }

        destination.KeepAlive();
        GC.KeepAlive(this);
    }

    /// <summary>Copies rows to the beginning of a memory of the same sizes, which may be this one.</summary>
    /// <param name="row">The first row.</param>
    /// <param name="count">The number of rows.</param>
    /// <param name="destination">Takes the rows as its rows 0 to count - 1.</param>
    public void CopyToStart(int row, int count, KeyValueMemory destination)
    {
        CheckRows(row, count);
        destination.CheckRows(0, count);
        for (int stream = 0; stream < Streams; stream++)
        {
            for (int head = 0; head < Heads; head++)
            {
                RowsOf(_keys, stream, head).Slice(row * _rowFloats, count * _rowFloats).CopyTo(destination.RowsOf(destination._keys, stream, head));
                RowsOf(_values, stream, head).Slice(row * _rowFloats, count * _rowFloats).CopyTo(destination.RowsOf(destination._values, stream, head));
            }
        }

        GC.KeepAlive(destination);
        GC.KeepAlive(this);
    }

    internal static int Padded(int headSize) => (headSize + RowMultiple - 1) / RowMultiple * RowMultiple;

    /// <summary>Rows of bfloat16 serve all precisions below float32.</summary>
    internal static Precision StoredAs(Precision precision) => precision == Precision.Float32 ? Precision.Float32 : Precision.Bfloat16;

    internal static int ValuesPerFloat(Precision kept) => kept == Precision.Bfloat16 ? 2 : 1;

    internal unsafe HeadRows Keys(int row) => Rows(_keys.Pointer, row);

    internal unsafe HeadRows Values(int row) => Rows(_values.Pointer, row);

    internal void CheckRows(int row, int count)
    {
        if (row < 0 || count < 0 || row > Capacity - count)
        {
            throw new ArgumentOutOfRangeException(nameof(row), $"rows {row} to {row + (long)count} are not all inside a memory of {Capacity} rows");
        }
    }

    private unsafe HeadRows Rows(float* data, int row) =>
        new(data + ((nint)row * _rowFloats), _rowFloats, (nint)Heads * Capacity * _rowFloats, (nint)Capacity * _rowFloats);

    private nint Offset(int stream, int head, int row) => (((((nint)stream * Heads) + head) * Capacity) + row) * _rowFloats;

    private Span<float> RowsOf(Tensor tensor, int stream, int head) =>
        tensor.Slice(stream, 1).Reshape(new Shape(Heads, Capacity * _rowFloats)).Slice(head, 1).Span;

    private Span<float> RowOf(Tensor tensor, int stream, int head, int row) =>
        RowsOf(tensor, stream, head).Slice(row * _rowFloats, _rowFloats);

    private unsafe void WriteRow(float* source, float* row)
    {
        if (StoredPrecision == Precision.Float32)
        {
            new ReadOnlySpan<float>(source, HeadSize).CopyTo(new Span<float>(row, HeadSize));
        }
        else
        {
            Bfloat16Rows.Narrow(source, (ushort*)row, HeadSize);
        }
    }

    private unsafe void ReadRow(ReadOnlySpan<float> row, Span<float> target)
    {
        if (StoredPrecision == Precision.Float32)
        {
            row[..HeadSize].CopyTo(target);
            return;
        }

        fixed (float* from = row, to = target)
        {
            Bfloat16Rows.Widen((ushort*)from, to, HeadSize);
        }
    }
}
