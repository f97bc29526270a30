using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using TransformerXL.Files;

namespace TransformerXL.Interchange.PyTorch;

/// <summary>Reads numbers, lines and texts from the bytes of a pickle, with bounds checks.</summary>
internal sealed class PickleReader
{
    private const int BufferSize = 1 << 14;

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    private readonly ByteSource _source;
    private readonly long _end;
    private readonly byte[] _buffer;
    private readonly ArrayBufferWriter<byte> _line = new();
    private long _bufferStart;
    private int _bufferLength;
    private int _at;
    private long _charged, _compared;

    public PickleReader(ByteSource source, long start, long end)
    {
        _source = source;
        _end = end;
        Start = start;
        _bufferStart = start;
        _buffer = new byte[(int)Math.Clamp(end - start, sizeof(long), BufferSize)];
    }

    /// <summary>Where the pickle begins in the file.</summary>
    public long Start { get; }

    /// <summary>Offset in the file of the next byte.</summary>
    public long Position => _bufferStart + _at;

    /// <summary>Bytes from the beginning of the pickle to the next byte.</summary>
    public long Consumed => Position - Start;

    /// <summary>Bytes that are left.</summary>
    public long Remaining => _end - Position;

    public string File => _source.Name;

    public long FileLength => _source.Length;

    public byte Byte() => _at < _bufferLength ? _buffer[_at++] : Take(1)[0];

    public int UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

    public int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));

    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    public ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));

    public double BigEndianDouble() => BinaryPrimitives.ReadDoubleBigEndian(Take(8));

    /// <summary>
    /// Counts the memory of a value. The total must stay proportional to the bytes read, so that a small file cannot
    /// describe large values.
    /// </summary>
    public void Charge(long bytes)
    {
        _charged += bytes;
        if (_charged > PickleLimits.MemoryAtLeast + (PickleLimits.MemoryPerByte * Consumed))
        {
            throw Fault($"its first {Consumed} bytes describe values that take {_charged} bytes of memory, more than {PickleLimits.MemoryPerByte} for each byte");
        }
    }

    /// <summary>Counts characters that are compared when a key is looked for: time, as <see cref="Charge"/> counts memory.</summary>
    public void ChargeKey(TorchValue key)
    {
        _compared += key.Kind == TorchValueKind.Text ? key.AsText().Length : 0;
        if (_compared > PickleLimits.MemoryAtLeast + (PickleLimits.MemoryPerByte * Consumed))
        {
            throw Fault($"its first {Consumed} bytes compare keys of {_compared} characters");
        }
    }

    /// <summary>The next bytes; the span is valid until the next call.</summary>
    public ReadOnlySpan<byte> Take(int count)
    {
        if (count > Remaining)
        {
            throw Fault($"it ends where {count} more bytes are expected, {Remaining} are left");
        }

        if (count > _buffer.Length)
        {
            byte[] whole = new byte[count];
            _source.Read(Position, whole);
            _bufferStart = Position + count;
            _bufferLength = _at = 0;
            return whole;
        }

        if (count > _bufferLength - _at)
        {
            _bufferStart = Position;
            _at = 0;
            _bufferLength = (int)Math.Min(_buffer.Length, _end - _bufferStart);
            _source.Read(_bufferStart, _buffer.AsSpan(0, _bufferLength));
        }

        _at += count;
        return _buffer.AsSpan(_at - count, count);
    }

    /// <summary>A length prefix.</summary>
    public int Length(ulong claimed, int max, string what)
    {
        if (claimed > (ulong)Remaining || claimed > (ulong)max)
        {
            throw Fault($"it claims {what} of {claimed} bytes; {Remaining} are left, and at most {max} are accepted");
        }

        return (int)claimed;
    }

    public string Utf8(ulong claimed)
    {
        ReadOnlySpan<byte> bytes = Take(Length(claimed, PickleLimits.TextBytes, "a text"));
        Charge(2L * bytes.Length);
        return TryUtf8(bytes) ?? throw Fault("a text is not valid Unicode");
    }

    /// <summary>A string of Python 2, which has no encoding: UTF-8 if valid, otherwise Latin-1, as PyTorch reads it.</summary>
    public string Python2Text(ulong claimed)
    {
        ReadOnlySpan<byte> bytes = Take(Length(claimed, PickleLimits.TextBytes, "a text"));
        Charge(2L * bytes.Length);
        return TryUtf8(bytes) ?? Encoding.Latin1.GetString(bytes);
    }

    /// <summary>A line without its line end.</summary>
    public string Line()
    {
        _line.ResetWrittenCount();
        for (byte next = Byte(); next != (byte)'\n'; next = Byte())
        {
            if (_line.WrittenCount == PickleLimits.LineBytes)
            {
                throw Fault($"a line has more than {PickleLimits.LineBytes} bytes");
            }

            _line.GetSpan(1)[0] = next;
            _line.Advance(1);
        }

        return TryUtf8(_line.WrittenSpan) ?? Encoding.Latin1.GetString(_line.WrittenSpan);
    }

    public InputException Fault(string text) => new($"'{File}' is not a usable PyTorch or pickle file: {text} (at byte {Position}).");

    private static string? TryUtf8(ReadOnlySpan<byte> bytes) =>
        System.Text.Unicode.Utf8.IsValid(bytes) ? StrictUtf8.GetString(bytes) : null;
}
