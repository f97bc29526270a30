using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace TransformerXL.Inference.Serving;

/// <summary>A SHA-256.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct PrefixKey(ulong A, ulong B, ulong C, ulong D)
{
    public static PrefixKey Of(ReadOnlySpan<byte> sum) => new(
        BinaryPrimitives.ReadUInt64LittleEndian(sum), BinaryPrimitives.ReadUInt64LittleEndian(sum[8..]),
        BinaryPrimitives.ReadUInt64LittleEndian(sum[16..]), BinaryPrimitives.ReadUInt64LittleEndian(sum[24..]));
}
