using System.Buffers.Binary;
using System.Text;

namespace TransformerXL.Text.Unigram;

/// <summary>Reads fields of a message of Protocol Buffers. Every length is checked against the bytes that are left.</summary>
internal ref struct ProtocolReader(ReadOnlySpan<byte> message)
{
    private const int Varint = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5;

    private ReadOnlySpan<byte> _rest = message;
    private ReadOnlySpan<byte> _bytes;
    private ulong _number;
    private int _type;

    /// <summary>The number of the field that was read.</summary>
    public int Field { get; private set; }

    /// <summary>Reads the next field; false at the end of the message.</summary>
    /// <exception cref="InputException">The message is damaged.</exception>
    public bool Read()
    {
        if (_rest.IsEmpty)
        {
            return false;
        }

        ulong tag = ReadVarint();
        Field = tag >> 3 is > 0 and <= int.MaxValue ? (int)(tag >> 3) : throw Damaged();
        _type = (int)(tag & 7);
        switch (_type)
        {
            case Varint:
                _number = ReadVarint();
                break;
            case Fixed64:
                _number = BinaryPrimitives.ReadUInt64LittleEndian(Take(sizeof(ulong)));
                break;
            case Bytes:
                _bytes = Take(ReadVarint());
                break;
            case Fixed32:
                _number = BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint)));
                break;
            default:
                throw Damaged();
        }

        return true;
    }

    /// <summary>The bytes of a field: a message, a text, or bytes.</summary>
    public readonly ReadOnlySpan<byte> GetBytes() => _type == Bytes ? _bytes : throw Damaged();

    /// <summary>The text of a field.</summary>
    public readonly string GetText()
    {
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(GetBytes());
        }
        catch (DecoderFallbackException exception)
        {
            throw new InputException($"a text in field {Field} of a message is not valid UTF-8", exception);
        }
    }

    /// <summary>The whole number of a field.</summary>
    public readonly int GetNumber() => _type == Varint ? (int)_number : throw Damaged();

    /// <summary>The truth value of a field.</summary>
    public readonly bool GetFlag() => _type == Varint ? _number != 0 : throw Damaged();

    /// <summary>The number of 32 bits of a field.</summary>
    public readonly float GetFloat() => _type == Fixed32 ? BitConverter.UInt32BitsToSingle((uint)_number) : throw Damaged();

    private ulong ReadVarint()
    {
        ulong value = 0;
        for (int i = 0; i < 10 && i < _rest.Length; i++)
        {
            value |= (ulong)(_rest[i] & 0x7F) << (7 * i);
            if (_rest[i] < 0x80)
            {
                _rest = _rest[(i + 1)..];
                return value;
            }
        }

        throw Damaged();
    }

    private ReadOnlySpan<byte> Take(ulong count)
    {
        if (count > (ulong)_rest.Length)
        {
            throw Damaged();
        }

        ReadOnlySpan<byte> taken = _rest[..(int)count];
        _rest = _rest[(int)count..];
        return taken;
    }

    private readonly InputException Damaged() => new($"it is not a model of SentencePiece, or it is damaged: field {Field} of a message cannot be read, {_rest.Length} bytes before its end");
}
