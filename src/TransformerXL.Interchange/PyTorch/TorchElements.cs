using TransformerXL.Files;

namespace TransformerXL.Interchange.PyTorch;

/// <summary>Reads the elements of a tensor in the order of its axes, whatever its strides are.</summary>
internal static class TorchElements
{
    /// <summary>Reads contiguous elements from a byte offset.</summary>
    public delegate void ContiguousReader<T>(ByteSource source, long offset, SafetensorsType type, Span<T> destination);

    public static void Read<T>(ByteSource source, TorchTensor tensor, Span<T> destination, ContiguousReader<T> read)
    {
        if (tensor.Count == 0)
        {
            return;
        }

        long offset = tensor.Block.Offset + (tensor.Offset * SafetensorsTypes.SizeOf(tensor.Type));
        if (IsContiguous(tensor))
        {
            read(source, offset, tensor.Type, destination);
            return;
        }

        // The elements are scattered over this range, at most the whole storage: one read of the file instead of
        // one per row.
        long range = 1;
        for (int axis = 0; axis < tensor.Sizes.Length; axis++)
        {
            range += (tensor.Sizes[axis] - 1) * tensor.Strides[axis];
        }

        Require.That(range <= Array.MaxLength, $"The tensor {tensor} of '{source.Name}' is scattered over {range} elements; at most {Array.MaxLength} can be read");
        T[] elements = new T[range];
        read(source, offset, tensor.Type, elements);
        Gather(elements, tensor, destination);
    }

    private static bool IsContiguous(TorchTensor tensor)
    {
        long expected = 1;
        for (int axis = tensor.Sizes.Length - 1; axis >= 0; axis--)
        {
            if (tensor.Sizes[axis] != 1 && tensor.Strides[axis] != expected)
            {
                return false;
            }

            expected *= tensor.Sizes[axis];
        }

        return true;
    }

    private static void Gather<T>(T[] elements, TorchTensor tensor, Span<T> destination)
    {
        Span<long> index = stackalloc long[SafetensorsLimits.Rank];
        index.Clear();
        long from = 0;
        for (int i = 0; i < destination.Length; i++)
        {
            destination[i] = elements[from];
            for (int axis = tensor.Sizes.Length - 1; axis >= 0; axis--)
            {
                from += tensor.Strides[axis];
                if (++index[axis] < tensor.Sizes[axis])
                {
                    break;
                }

                from -= tensor.Sizes[axis] * tensor.Strides[axis];
                index[axis] = 0;
            }
        }
    }
}
