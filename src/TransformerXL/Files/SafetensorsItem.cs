using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace TransformerXL.Files;

/// <summary>One tensor to be written by <see cref="SafetensorsWriter"/>.</summary>
/// <param name="Name">The tensor's name, unique in the file.</param>
/// <param name="Type">The type of its elements.</param>
/// <param name="Shape">Sizes of the axes, slowest first; empty for a scalar.</param>
/// <param name="Write">Writes the elements, little-endian, last axis fastest: exactly the number of bytes of type and shape.</param>
public sealed record SafetensorsItem(string Name, SafetensorsType Type, IReadOnlyList<long> Shape, Action<Stream> Write)
{
    private const int PieceElements = 1 << 12;

    /// <summary>An F32 tensor from memory, which must not change until the file is written.</summary>
    public static SafetensorsItem FromFloats(string name, ReadOnlyMemory<float> values, params long[] shape) =>
        new(name, SafetensorsType.F32, shape, stream => WriteFloats(stream, values.Span));

    /// <summary>An I64 tensor from memory, which must not change until the file is written.</summary>
    public static SafetensorsItem FromInt64s(string name, ReadOnlyMemory<long> values, params long[] shape) =>
        new(name, SafetensorsType.I64, shape, stream => WriteInt64s(stream, values.Span));

    /// <summary>Writes float32 values little-endian; for items whose values are not in managed memory.</summary>
    public static void WriteFloats(Stream stream, ReadOnlySpan<float> values)
    {
        ArgumentNullException.ThrowIfNull(stream);
        Span<byte> buffer = stackalloc byte[PieceElements * sizeof(float)];
        while (!values.IsEmpty)
        {
            ReadOnlySpan<float> piece = values[..Math.Min(PieceElements, values.Length)];
            values = values[piece.Length..];
            if (BitConverter.IsLittleEndian)
            {
                stream.Write(MemoryMarshal.AsBytes(piece));
                continue;
            }

            for (int i = 0; i < piece.Length; i++)
            {
                BinaryPrimitives.WriteSingleLittleEndian(buffer[(i * sizeof(float))..], piece[i]);
            }

            stream.Write(buffer[..(piece.Length * sizeof(float))]);
        }
    }

    private static void WriteInt64s(Stream stream, ReadOnlySpan<long> values)
    {
        Span<byte> buffer = stackalloc byte[PieceElements * sizeof(long)];
        while (!values.IsEmpty)
        {
            ReadOnlySpan<long> piece = values[..Math.Min(PieceElements, values.Length)];
            values = values[piece.Length..];
            for (int i = 0; i < piece.Length; i++)
            {
                BinaryPrimitives.WriteInt64LittleEndian(buffer[(i * sizeof(long))..], piece[i]);
            }

            stream.Write(buffer[..(piece.Length * sizeof(long))]);
        }
    }
}
