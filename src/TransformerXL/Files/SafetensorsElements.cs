using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace TransformerXL.Files;

/// <summary>Converts stored little-endian elements while reading them piece by piece.</summary>
internal static class SafetensorsElements
{
    private const int PieceBytes = 1 << 14;

    /// <summary>A span of bytes has at most 2^31 - 1 of them, so a span of floats may need several.</summary>
    private const int DirectElements = 1 << 28;

    public static void ReadFloats(ByteSource source, long offset, SafetensorsType type, Span<float> destination)
    {
        if (type == SafetensorsType.F32 && BitConverter.IsLittleEndian)
        {
            for (int start = 0; start < destination.Length; start += DirectElements)
            {
                Span<float> part = destination.Slice(start, Math.Min(DirectElements, destination.Length - start));
                source.Read(offset + ((long)start * sizeof(float)), MemoryMarshal.AsBytes(part));
            }

            return;
        }

        int size = SafetensorsTypes.SizeOf(type);
        Span<byte> buffer = stackalloc byte[PieceBytes];
        for (int start = 0; start < destination.Length; start += PieceBytes / size)
        {
            Span<float> part = destination.Slice(start, Math.Min(PieceBytes / size, destination.Length - start));
            Span<byte> bytes = buffer[..(part.Length * size)];
            source.Read(offset + ((long)start * size), bytes);
            for (int i = 0; i < part.Length; i++)
            {
                part[i] = ToSingle(type, bytes[(i * size)..]);
            }
        }
    }

    public static void ReadInt64s(ByteSource source, long offset, SafetensorsType type, Span<long> destination)
    {
        int size = SafetensorsTypes.SizeOf(type);
        Span<byte> buffer = stackalloc byte[PieceBytes];
        for (int start = 0; start < destination.Length; start += PieceBytes / size)
        {
            Span<long> part = destination.Slice(start, Math.Min(PieceBytes / size, destination.Length - start));
            Span<byte> bytes = buffer[..(part.Length * size)];
            source.Read(offset + ((long)start * size), bytes);
            for (int i = 0; i < part.Length; i++)
            {
                part[i] = ToInt64(type, bytes[(i * size)..]);
            }
        }
    }

    private static float ToSingle(SafetensorsType type, ReadOnlySpan<byte> bytes) => type switch
    {
        SafetensorsType.F64 => (float)BinaryPrimitives.ReadDoubleLittleEndian(bytes),
        SafetensorsType.F32 => BinaryPrimitives.ReadSingleLittleEndian(bytes),
        SafetensorsType.F16 => (float)BinaryPrimitives.ReadHalfLittleEndian(bytes),
        _ => BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(bytes) << 16),
    };

    private static long ToInt64(SafetensorsType type, ReadOnlySpan<byte> bytes) => type switch
    {
        SafetensorsType.I64 => BinaryPrimitives.ReadInt64LittleEndian(bytes),
        SafetensorsType.I32 => BinaryPrimitives.ReadInt32LittleEndian(bytes),
        SafetensorsType.I16 => BinaryPrimitives.ReadInt16LittleEndian(bytes),
        SafetensorsType.I8 => (sbyte)bytes[0],
        SafetensorsType.BOOL => bytes[0] == 0 ? 0 : 1,
        _ => bytes[0],
    };
}
