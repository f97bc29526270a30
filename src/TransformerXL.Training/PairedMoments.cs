using System.Buffers.Binary;
using System.Runtime.InteropServices;
using TransformerXL.Files;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Training;

/// <summary>Moments in bfloat16 in the files of a checkpoint: BF16 tensors with one axis more, of length 2, for the mean of squared gradients and the mean of gradients.</summary>
/// <remarks>The caller keeps the owner of the tensor alive.</remarks>
internal static class PairedMoments
{
    private const int PieceWords = 1 << 12;

    public static SafetensorsItem Item(string name, Tensor words) => new(name, SafetensorsType.BF16, ShapeOf(words), stream =>
    {
        Span<byte> piece = stackalloc byte[PieceWords * sizeof(uint)];
        for (ReadOnlySpan<uint> rest = Words(words); !rest.IsEmpty; rest = rest[Math.Min(PieceWords, rest.Length)..])
        {
            int count = Math.Min(PieceWords, rest.Length);
            for (int i = 0; i < count; i++)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(piece[(i * sizeof(uint))..], rest[i]);
            }

            stream.Write(piece[..(count * sizeof(uint))]);
        }
    });

    /// <exception cref="InputException">The file has no such tensor, one of another shape, or one with values that are not finite.</exception>
    public static void Read(SafetensorsFile file, string name, Tensor words)
    {
        SafetensorsEntry entry = file.Find(name);
        long[] shape = ShapeOf(words);
        Require.That(entry.Shape.SequenceEqual(shape), $"{file.Path}: the tensor '{name}' has shape ({string.Join(", ", entry.Shape)}), but ({string.Join(", ", shape)}) is needed");
        float[] values = new float[entry.Count];
        file.ReadFloats(name, values);
        Require.That(entry.Type == SafetensorsType.BF16, $"{file.Path}: the tensor '{name}' is {entry.Type}, but {SafetensorsType.BF16} is needed");
        Require.That(values.All(float.IsFinite), $"{file.Path}: the tensor '{name}' holds values that are not finite numbers; the file is damaged");
        Span<uint> destination = Words(words);
        for (int i = 0; i < destination.Length; i++)
        {
            destination[i] = BitConverter.SingleToUInt32Bits(values[(2 * i) + 1]) | (BitConverter.SingleToUInt32Bits(values[2 * i]) >> 16);
        }
    }

    /// <summary>Whether both values of all pairs are finite.</summary>
    public static bool IsFinite(Tensor words)
    {
        foreach (uint word in Words(words))
        {
            if (!float.IsFinite(BitConverter.UInt32BitsToSingle(word)) || !float.IsFinite(BitConverter.UInt32BitsToSingle(word << 16)))
            {
                return false;
            }
        }

        return true;
    }

    private static Span<uint> Words(Tensor words) => MemoryMarshal.Cast<float, uint>(words.Span);

    private static long[] ShapeOf(Tensor words) => [.. Enumerable.Range(0, words.Shape.Rank).Select(axis => (long)words.Shape[axis]), 2];
}
