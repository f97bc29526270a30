using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Kernels.Inference;

/// <summary>
/// The recurrent weight W_hh (4H, H) of a layer, made ready once for all products with the hidden states of so many streams.
/// The values must stay as they are.
/// </summary>
public sealed class RecurrentWeight
{
    // Null where the rows are so few that the weight is read as it lies.
    private readonly PackedWeight? _packed;
    private readonly CpuBackend _backend;

    /// <summary>Prepares a weight.</summary>
    /// <param name="backend">What computes; other backends cannot use the result.</param>
    /// <param name="weight">(4H, H).</param>
    /// <param name="streams">B.</param>
    /// <param name="precision">Of the operands where there are more than <see cref="InferenceOperations.FewRows"/> streams.</param>
    /// <exception cref="ArgumentException">The weight is not four times as high as wide.</exception>
    public RecurrentWeight(CpuBackend backend, Tensor weight, int streams, Precision precision = Precision.Float32)
    {
        ArgumentNullException.ThrowIfNull(backend);
        int depth = weight.Shape[1], columns = weight.Shape[0];
        if (columns != 4L * depth)
        {
            throw new ArgumentException($"the shape of a recurrent weight is {weight.Shape}, but the first axis must be four times the second", nameof(weight));
        }

        (_backend, Weight, Streams) = (backend, weight, streams);
        _packed = streams > InferenceOperations.FewRows ? new PackedWeight(backend, weight, precision) : null;
    }

    /// <summary>(4H, H).</summary>
    public Tensor Weight { get; }

    /// <summary>B.</summary>
    public int Streams { get; }

    /// <summary>H.</summary>
    public int Size => Weight.Shape[1];

    /// <summary>recurrent (B, 4H) = hidden (B, H) W_hh^T.</summary>
    internal void Multiply(CpuBackend backend, Tensor hidden, Tensor recurrent)
    {
        if (backend != _backend)
        {
            throw new ArgumentException("a recurrent weight is used with another backend than it was made ready for", nameof(backend));
        }

        if (_packed is null)
        {
            backend.Linear(hidden, Weight, default, recurrent);
        }
        else
        {
            backend.Linear(hidden, _packed, default, recurrent);
        }
    }
}
