using System.Buffers.Binary;
using System.Numerics;
using TransformerXL.Files;

namespace TransformerXL.Training.EventLog;

/// <summary>
/// The frame of a TFRecord: length (8 bytes), its checksum (4), content, checksum of the content (4), all little-endian.
/// The checksum is CRC-32C, masked: rotated right by 15 bits, plus a constant.
/// </summary>
internal static class RecordFrame
{
    private const int LengthBytes = sizeof(ulong), ChecksumBytes = sizeof(uint);
    private const uint MaskDelta = 0xa282ead8;

    /// <summary>The frame with its content in one buffer, so that one call writes it.</summary>
    public static byte[] Around(ReadOnlySpan<byte> content)
    {
        byte[] frame = new byte[LengthBytes + ChecksumBytes + content.Length + ChecksumBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(frame, (ulong)content.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(LengthBytes), Checksum(frame.AsSpan(0, LengthBytes)));
        content.CopyTo(frame.AsSpan(LengthBytes + ChecksumBytes));
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(LengthBytes + ChecksumBytes + content.Length), Checksum(content));
        return frame;
    }

    private static uint Checksum(ReadOnlySpan<byte> bytes) => BitOperations.RotateRight(Crc32C.Of(bytes), 15) + MaskDelta;
}
