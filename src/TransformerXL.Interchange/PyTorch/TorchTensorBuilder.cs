using TransformerXL.Files;

namespace TransformerXL.Interchange.PyTorch;

/// <summary>Makes a tensor from its description in a pickle, and checks that all of its elements exist.</summary>
internal sealed class TorchTensorBuilder(PickleReader reader)
{
    /// <param name="name">The function that PyTorch would call.</param>
    /// <param name="given">Storage, offset in elements, shape, strides; further arguments are ignored.</param>
    public TorchTensor Build(string name, IReadOnlyList<TorchValue> given)
    {
        if (given.Count < 4 || given[0].TryStorage() is not { } storage)
        {
            throw reader.Fault($"it calls '{name}' without a storage, an offset, a shape and strides");
        }

        long offset = Number(given[1], "the offset of a tensor");
        long[] shape = Numbers(given[2], "the shape of a tensor");
        long[] strides = Numbers(given[3], "the strides of a tensor");
        if (shape.Length != strides.Length || !SafetensorsLimits.TryCount(shape, sizeof(double), out long count))
        {
            throw reader.Fault($"a tensor has the shape [{string.Join(", ", shape)}] and the strides [{string.Join(", ", strides)}]");
        }

        // An expanded tensor repeats its elements, but no weight has more elements than the file has bytes.
        if (count > 0 && (count > reader.FileLength || !Fits(storage.Count, offset, shape, strides)))
        {
            throw reader.Fault(
                $"a tensor of shape [{string.Join(", ", shape)}] with strides [{string.Join(", ", strides)}] from element {offset} on is not within its storage of {storage.Count} elements");
        }

        return new TorchTensor(storage.Block, count > 0 ? storage.Start + offset : 0, shape, strides, count);
    }

    private static bool Fits(long available, long offset, long[] shape, long[] strides)
    {
        long left = available - 1 - offset;
        for (int axis = 0; axis < shape.Length && left >= 0; axis++)
        {
            long steps = shape[axis] - 1;
            left = steps > 0 && strides[axis] > left / steps ? -1 : left - (steps * strides[axis]);
        }

        return left >= 0;
    }

    private long[] Numbers(TorchValue value, string what)
    {
        if (value.Kind is not (TorchValueKind.Tuple or TorchValueKind.List) || value.Items.Count > SafetensorsLimits.Rank)
        {
            throw reader.Fault($"{what} is {value.Describe()}, where at most {SafetensorsLimits.Rank} numbers are expected");
        }

        long[] numbers = value.Items.Count == 0 ? [] : new long[value.Items.Count];
        for (int i = 0; i < numbers.Length; i++)
        {
            numbers[i] = Number(value.Items[i], what);
        }

        return numbers;
    }

    private long Number(TorchValue value, string what) =>
        value.Kind == TorchValueKind.WholeNumber && value.AsBigInteger() is var number && number >= 0 && number <= long.MaxValue
            ? (long)number
            : throw reader.Fault($"{what} holds {value.Describe()}, where whole numbers from 0 on are expected");
}
