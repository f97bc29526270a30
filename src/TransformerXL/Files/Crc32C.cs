using System.Buffers.Binary;
using System.Numerics;

namespace TransformerXL.Files;

/// <summary>The checksum CRC-32C (Castagnoli, RFC 3720 appendix B.4) of bytes that come in pieces.</summary>
internal struct Crc32C
{
    // Kept inverted, so that the value of no bytes is 0.
    private uint _inverted;

    /// <summary>The checksum of the bytes so far.</summary>
    public readonly uint Value => _inverted;

    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        Crc32C checksum = default;
        checksum.Append(bytes);
        return checksum.Value;
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        uint crc = ~_inverted;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        }

        foreach (byte value in bytes)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        _inverted = ~crc;
    }
}
