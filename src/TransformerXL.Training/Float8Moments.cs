using System.Buffers.Binary;
using System.Runtime.InteropServices;
using TransformerXL.Files;
using TransformerXL.Tensors.Optimizers;

namespace TransformerXL.Training;

/// <summary>Moments of 8 bits in the files of a checkpoint: U8 tensors with one axis more, of length 2, for the mean of squared gradients and the ratio of the mean of gradients to its root. Any bytes are finite numbers.</summary>
/// <remarks>The caller keeps the owner of the tensor alive.</remarks>
internal static class Float8Moments
{
    private const int PiecePairs = 1 << 12;

    public static SafetensorsItem Item(string name, OptimizerTensor tensor) => new(name, SafetensorsType.U8, ShapeOf(tensor), stream =>
    {
        Span<byte> piece = stackalloc byte[PiecePairs * sizeof(ushort)];
        for (ReadOnlySpan<ushort> rest = Pairs(tensor); !rest.IsEmpty; rest = rest[Math.Min(PiecePairs, rest.Length)..])
        {
            int count = Math.Min(PiecePairs, rest.Length);
            for (int i = 0; i < count; i++)
            {
                BinaryPrimitives.WriteUInt16LittleEndian(piece[(i * sizeof(ushort))..], rest[i]);
            }

            stream.Write(piece[..(count * sizeof(ushort))]);
        }
    });

    /// <exception cref="InputException">The file has no such tensor, or one of another shape or type, or it is damaged.</exception>
    public static void Read(SafetensorsFile file, string name, OptimizerTensor tensor)
    {
        SafetensorsEntry entry = file.Find(name);
        long[] shape = ShapeOf(tensor);
        Require.That(entry.Shape.SequenceEqual(shape), $"{file.Path}: the tensor '{name}' has shape ({string.Join(", ", entry.Shape)}), but ({string.Join(", ", shape)}) is needed");
        Require.That(entry.Type == SafetensorsType.U8, $"{file.Path}: the tensor '{name}' is {entry.Type}, but {SafetensorsType.U8} is needed");
        byte[] piece = new byte[PiecePairs * sizeof(ushort)];
        int first = 0;
        file.ReadBytes(entry, piece, count =>
        {
            Span<ushort> pairs = Pairs(tensor).Slice(first, count / sizeof(ushort));
            for (int i = 0; i < pairs.Length; i++)
            {
                pairs[i] = BinaryPrimitives.ReadUInt16LittleEndian(piece.AsSpan(i * sizeof(ushort)));
            }

            first += pairs.Length;
        });
    }

    private static Span<ushort> Pairs(OptimizerTensor tensor) => MemoryMarshal.Cast<float, ushort>(tensor.Value.Span)[..checked((int)tensor.Parameter.Shape.Count)];

    private static long[] ShapeOf(OptimizerTensor tensor) => [.. Enumerable.Range(0, tensor.Parameter.Shape.Rank).Select(axis => (long)tensor.Parameter.Shape[axis]), 2];
}
