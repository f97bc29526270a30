using System.Buffers;
using System.Text;

namespace TransformerXL.Files.Parquet;

/// <summary>Writes structures in Thrift's compact protocol, in which Parquet keeps its headers (https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md).</summary>
internal sealed class CompactProtocol
{
    private const int MaxVarintBytes = 10, MaxInHeader = 14;

    private readonly ArrayBufferWriter<byte> _bytes = new();
    private readonly Stack<int> _outer = [];
    private int _last;

    private enum Kind : byte
    {
        Int32 = 5,
        Int64 = 6,
        Text = 8,
        List = 9,
        Structure = 12,
    }

    /// <summary>What has been written.</summary>
    public ReadOnlySpan<byte> Written => _bytes.WrittenSpan;

    public void Int32(int field, int value)
    {
        Begin(field, Kind.Int32);
        Number(value);
    }

    public void Int64(int field, long value)
    {
        Begin(field, Kind.Int64);
        Number(value);
    }

    public void Text(int field, string value)
    {
        Begin(field, Kind.Text);
        Text(value);
    }

    public void Structure(int field, Action write)
    {
        Begin(field, Kind.Structure);
        Structure(write);
    }

    public void Int32s(int field, params ReadOnlySpan<int> values)
    {
        BeginList(field, Kind.Int32, values.Length);
        foreach (int value in values)
        {
            Number(value);
        }
    }

    public void Texts(int field, params ReadOnlySpan<string> values)
    {
        BeginList(field, Kind.Text, values.Length);
        foreach (string value in values)
        {
            Text(value);
        }
    }

    public void Structures<T>(int field, IReadOnlyList<T> items, Action<T> write)
    {
        BeginList(field, Kind.Structure, items.Count);
        foreach (T item in items)
        {
            Structure(() => write(item));
        }
    }

    /// <summary>Ends the outermost structure.</summary>
    public void End() => Byte(0);

    /// <summary>An unsigned number, seven bits in a byte, the lowest first.</summary>
    public static void Varint(IBufferWriter<byte> bytes, ulong value)
    {
        Span<byte> span = bytes.GetSpan(MaxVarintBytes);
        int count = 0;
        for (; value > 0x7F; value >>= 7)
        {
            span[count++] = (byte)(value | 0x80);
        }

        span[count++] = (byte)value;
        bytes.Advance(count);
    }

    private void Structure(Action write)
    {
        _outer.Push(_last);
        _last = 0;
        write();
        End();
        _last = _outer.Pop();
    }

    /// <summary>The header of a field: the distance from the field before, which is at most 15 in the structures of Parquet, and the kind.</summary>
    private void Begin(int field, Kind kind)
    {
        Byte((byte)(((field - _last) << 4) | (byte)kind));
        _last = field;
    }

    private void BeginList(int field, Kind kind, int count)
    {
        Begin(field, Kind.List);
        Byte((byte)((Math.Min(count, MaxInHeader + 1) << 4) | (byte)kind));
        if (count > MaxInHeader)
        {
            Varint(_bytes, (ulong)count);
        }
    }

    private void Text(string value)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(value);
        Varint(_bytes, (ulong)utf8.Length);
        _bytes.Write(utf8);
    }

    /// <summary>A signed number as an unsigned one: 0, -1, 1, -2, ...</summary>
    private void Number(long value) => Varint(_bytes, (ulong)((value << 1) ^ (value >> 63)));

    private void Byte(byte value) => _bytes.Write([value]);
}
