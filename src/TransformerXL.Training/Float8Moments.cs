using System.Runtime.InteropServices;
using TransformerXL.Files;
using TransformerXL.Tensors.Optimizers;

namespace TransformerXL.Training;

/// <summary>Moments of 8 bits in the files of a checkpoint: U8 tensors with one axis more, of length 2, for the mean of squared gradients and the ratio of the mean of gradients to its root. Any bytes are finite numbers.</summary>
/// <remarks>The caller keeps the owner of the tensor alive.</remarks>
internal static class Float8Moments
{
    public static SafetensorsItem Item(string name, OptimizerTensor tensor) => new(name, SafetensorsType.U8, ShapeOf(tensor), stream => stream.Write(Bytes(tensor)));

    /// <exception cref="InputException">The file has no such tensor, or one of another shape or type.</exception>
    public static void Read(SafetensorsFile file, string name, OptimizerTensor tensor)
    {
        SafetensorsEntry entry = file.Find(name);
        long[] shape = ShapeOf(tensor);
        Require.That(entry.Shape.SequenceEqual(shape), $"{file.Path}: the tensor '{name}' has shape ({string.Join(", ", entry.Shape)}), but ({string.Join(", ", shape)}) is needed");
        Require.That(entry.Type == SafetensorsType.U8, $"{file.Path}: the tensor '{name}' is {entry.Type}, but {SafetensorsType.U8} is needed");
        file.ReadBytes(entry, Bytes(tensor));
    }

    private static Span<byte> Bytes(OptimizerTensor tensor) => MemoryMarshal.AsBytes(tensor.Value.Span)[..checked((int)(2 * tensor.Parameter.Shape.Count))];

    private static long[] ShapeOf(OptimizerTensor tensor) => [.. Enumerable.Range(0, tensor.Parameter.Shape.Rank).Select(axis => (long)tensor.Parameter.Shape[axis]), 2];
}
