using TransformerXL.Tensors.Cpu.RelativeAttention;
using TransformerXL.Tensors.Inference;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Cpu.Inference;

/// <summary>The rows of each stream and head are contiguous, so that attention reads forward only.</summary>
internal sealed class CpuKeyValueMemory : KeyValueMemory
{
    /// <summary>Rows are padded with zeros to a multiple of this, the widest vector in floats.</summary>
    public const int RowMultiple = 16;

    private readonly Tensor _keys, _values;

    // Two values of bfloat16 take the place of a float.
    private readonly int _rowFloats;

    /// <inheritdoc cref="CpuBackend.CreateKeyValueMemory"/>
    public CpuKeyValueMemory(int capacity, int streams, int heads, int headSize, Precision precision = Precision.Float32)
        : base(capacity, streams, heads, headSize, precision)
    {
        _rowFloats = Padded(headSize) / ValuesPerFloat(StoredPrecision);
        Shape shape = new(streams, heads, capacity, _rowFloats);
        _keys = Tensor.Allocate(shape);
        _values = Tensor.Allocate(shape);
    }

    /// <summary>A memory with the sizes of another one in memory that was allocated for several: (2, streams, heads, capacity, row).</summary>
    private CpuKeyValueMemory(CpuKeyValueMemory like, Tensor keysAndValues)
        : base(like.Capacity, like.Streams, like.Heads, like.HeadSize, like.StoredPrecision)
    {
        _rowFloats = like._rowFloats;
        _keys = keysAndValues.Slice(0, 1).Reshape(like._keys.Shape);
        _values = keysAndValues.Slice(1, 1).Reshape(like._keys.Shape);
    }

    public override long Bytes => 2 * _keys.Count * sizeof(float);

    public static int Padded(int headSize) => (headSize + RowMultiple - 1) / RowMultiple * RowMultiple;

    public static int ValuesPerFloat(Precision stored) => stored == Precision.Bfloat16 ? 2 : 1;

    public override KeyValueMemory CreateEmpty() => new CpuKeyValueMemory(Capacity, Streams, Heads, HeadSize, StoredPrecision);

    /// <summary>One allocation for all of them, which is large enough for huge pages: many texts in turn would otherwise cost an address translation for each page.</summary>
    public override KeyValueMemory[] CreateEmpty(int count)
    {
        int floats = checked((int)_keys.Count);
        Tensor all = Tensor.Allocate(new Shape(2 * count, floats));
        return [.. Enumerable.Range(0, count).Select(index => new CpuKeyValueMemory(this, all.Slice(2 * index, 2)))];
    }

    public unsafe HeadRows Keys(int row) => Rows(_keys.Pointer, row);

    public unsafe HeadRows Values(int row) => Rows(_values.Pointer, row);

    private protected override unsafe void WriteRows(int row, Tensor projected)
    {
        int width = projected.Shape.Columns, part = Heads * HeadSize, tokens = projected.Shape.Rows / Streams;
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

    private protected override void ReadRows(int row, Tensor destination)
    {
        int part = Heads * HeadSize, tokens = destination.Shape.Rows / Streams;
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

    private protected override void CopyRowsToStart(int row, int count, KeyValueMemory destination)
    {
        CpuKeyValueMemory target = (CpuKeyValueMemory)destination;
        for (int stream = 0; stream < Streams; stream++)
        {
            for (int head = 0; head < Heads; head++)
            {
                RowsOf(_keys, stream, head).Slice(row * _rowFloats, count * _rowFloats).CopyTo(target.RowsOf(target._keys, stream, head));
                RowsOf(_values, stream, head).Slice(row * _rowFloats, count * _rowFloats).CopyTo(target.RowsOf(target._values, stream, head));
            }
        }

        GC.KeepAlive(destination);
        GC.KeepAlive(this);
    }

    // The only stream may be any one of a batch of several memories.
    private unsafe HeadRows Rows(float* data, int row) =>
        new(data + ((nint)row * _rowFloats), _rowFloats, Streams == 1 ? 0 : (nint)Heads * Capacity * _rowFloats, (nint)Capacity * _rowFloats);

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
