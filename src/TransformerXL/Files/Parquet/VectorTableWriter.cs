using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace TransformerXL.Files.Parquet;

/// <summary>
/// Writes vectors as an Apache Parquet file of the columns <c>index</c> (int64), <c>id</c> (string or null), and <c>embedding</c> (a list of float32 of equal lengths), not compressed: vectors hardly can be
/// (https://parquet.apache.org/docs/file-format/). Groups of rows are written when they are complete, so that a file of any length needs little memory.
/// </summary>
internal sealed class VectorTableWriter
{
    private const int RleEncoding = 3, PlainEncoding = 0;

    private readonly Stream _stream;
    private readonly int _columns, _groupRows;
    private readonly ArrayBufferWriter<byte> _ids = new(), _vectors = new();
    private readonly List<bool> _hasId = [];
    private readonly List<RowGroup> _groups = [];
    private long _position, _rows;

    /// <summary>Begins the file.</summary>
    /// <param name="stream">Where the file is written; it is not closed.</param>
    /// <param name="columns">The length of a vector.</param>
    /// <param name="groupBytes">Bytes of the vectors in a group of rows.</param>
    public VectorTableWriter(Stream stream, int columns, int groupBytes = 16 << 20)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        (_stream, _columns, _groupRows) = (stream, columns, Math.Max(1, groupBytes / sizeof(float) / columns));
        Put("PAR1"u8);
    }

    /// <summary>The physical types of the columns.</summary>
    private enum ColumnType
    {
        Int64 = 2,
        Float = 4,
        Bytes = 6,
    }

    private enum Repetition
    {
        Required,
        Optional,
        Repeated,
    }

    /// <summary>The meanings of columns that are no plain numbers.</summary>
    private enum Meaning
    {
        Text = 0,
        List = 3,
    }

    /// <summary>Writes a row.</summary>
    /// <param name="id">The id; null if the text has none.</param>
    /// <param name="vector">The vector.</param>
    /// <exception cref="ArgumentException">It has another length.</exception>
    public void Write(string? id, ReadOnlySpan<float> vector)
    {
        if (vector.Length != _columns)
        {
            throw new ArgumentException($"a vector has {vector.Length} numbers, but must have {_columns}", nameof(vector));
        }

        if (!BitConverter.IsLittleEndian)
        {
            throw new PlatformNotSupportedException("arrays are written on little-endian processors only");
        }

        _hasId.Add(id is not null);
        if (id is not null)
        {
            byte[] utf8 = Encoding.UTF8.GetBytes(id);
            BinaryPrimitives.WriteInt32LittleEndian(_ids.GetSpan(sizeof(int)), utf8.Length);
            _ids.Advance(sizeof(int));
            _ids.Write(utf8);
        }

        _vectors.Write(MemoryMarshal.AsBytes(vector));
        if (_hasId.Count == _groupRows)
        {
            WriteGroup();
        }
    }

    /// <summary>Writes the rest and the description of the file.</summary>
    public void Complete()
    {
        WriteGroup();
        CompactProtocol footer = new();
        footer.Int32(1, 1);
        footer.Structures(2, Schema(), element => Write(footer, element));
        footer.Int64(3, _rows);
        footer.Structures(4, _groups, group => Write(footer, group));
        footer.Text(6, "TransformerXL");
        footer.End();
        Put(footer.Written);
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, footer.Written.Length);
        Put(length);
        Put("PAR1"u8);
    }

    private static SchemaElement[] Schema() =>
    [
        new("schema", null, null, 3, null),
        new("index", ColumnType.Int64, Repetition.Required, null, null),
        new("id", ColumnType.Bytes, Repetition.Optional, null, Meaning.Text),
        new("embedding", null, Repetition.Required, 1, Meaning.List),
        new("list", null, Repetition.Repeated, 1, null),
        new("element", ColumnType.Float, Repetition.Required, null, null),
    ];

    private static void Write(CompactProtocol footer, SchemaElement element)
    {
        if (element.Type is { } type)
        {
            footer.Int32(1, (int)type);
        }

        if (element.Repetition is { } repetition)
        {
            footer.Int32(3, (int)repetition);
        }

        footer.Text(4, element.Name);
        if (element.Children is { } children)
        {
            footer.Int32(5, children);
        }

        if (element.Meaning is { } meaning)
        {
            footer.Int32(6, (int)meaning);
        }
    }

    private static void Write(CompactProtocol footer, RowGroup group)
    {
        footer.Structures(1, group.Chunks, chunk =>
        {
            footer.Int64(2, chunk.Position);
            footer.Structure(3, () =>
            {
                footer.Int32(1, (int)chunk.Type);
                footer.Int32s(2, PlainEncoding, RleEncoding);
                footer.Texts(3, chunk.Path);
                footer.Int32(4, 0);
                footer.Int64(5, chunk.Values);
                footer.Int64(6, chunk.Bytes);
                footer.Int64(7, chunk.Bytes);
                footer.Int64(9, chunk.Position);
            });
        });
        footer.Int64(2, group.Chunks.Sum(chunk => chunk.Bytes));
        footer.Int64(3, group.Rows);
    }

    private void WriteGroup()
    {
        int rows = _hasId.Count;
        if (rows == 0)
        {
            return;
        }

        byte[] indices = new byte[rows * sizeof(long)];
        for (int row = 0; row < rows; row++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(indices.AsSpan(row * sizeof(long)), _rows + row);
        }

        Chunk[] chunks =
        [
            WritePage(["index"], ColumnType.Int64, rows, [], indices),
            WritePage(["id"], ColumnType.Bytes, rows, Levels(_hasId.Select(has => (has ? 1 : 0, 1))), _ids.WrittenSpan),
            WritePage(
                ["embedding", "list", "element"], ColumnType.Float, (long)rows * _columns,
                [.. Levels(_hasId.SelectMany(_ => ((int, int)[])[(0, 1), (1, _columns - 1)])), .. Levels([(1, rows * _columns)])], _vectors.WrittenSpan),
        ];
        _groups.Add(new RowGroup(rows, chunks));
        _rows += rows;
        _hasId.Clear();
        _ids.ResetWrittenCount();
        _vectors.ResetWrittenCount();
    }

    /// <summary>Levels of one bit as runs (Parquet's hybrid encoding), after their length in bytes.</summary>
    private static byte[] Levels(IEnumerable<(int Level, int Count)> runs)
    {
        ArrayBufferWriter<byte> bytes = new();
        (int level, int count) = (0, 0);
        foreach ((int Level, int Count) run in runs)
        {
            if (run.Level != level)
            {
                End();
                (level, count) = (run.Level, 0);
            }

            count += run.Count;
        }

        End();
        byte[] result = new byte[sizeof(int) + bytes.WrittenCount];
        BinaryPrimitives.WriteInt32LittleEndian(result, bytes.WrittenCount);
        bytes.WrittenSpan.CopyTo(result.AsSpan(sizeof(int)));
        return result;

        void End()
        {
            if (count > 0)
            {
                CompactProtocol.Varint(bytes, (ulong)count << 1);
                bytes.Write([(byte)level]);
            }
        }
    }

    /// <summary>A column of a group of rows, which is one page.</summary>
    private Chunk WritePage(string[] path, ColumnType type, long values, ReadOnlySpan<byte> levels, ReadOnlySpan<byte> data)
    {
        long begin = _position;
        int size = levels.Length + data.Length;
        CompactProtocol header = new();
        header.Int32(1, 0);
        header.Int32(2, size);
        header.Int32(3, size);
        header.Structure(5, () =>
        {
            header.Int32(1, (int)values);
            header.Int32(2, PlainEncoding);
            header.Int32(3, RleEncoding);
            header.Int32(4, RleEncoding);
        });
        header.End();
        Put(header.Written);
        Put(levels);
        Put(data);
        return new Chunk(path, type, values, begin, _position - begin);
    }

    private void Put(ReadOnlySpan<byte> bytes)
    {
        _stream.Write(bytes);
        _position += bytes.Length;
    }

    private sealed record SchemaElement(string Name, ColumnType? Type, Repetition? Repetition, int? Children, Meaning? Meaning);

    private sealed record RowGroup(long Rows, IReadOnlyList<Chunk> Chunks);

    private sealed record Chunk(string[] Path, ColumnType Type, long Values, long Position, long Bytes);
}
