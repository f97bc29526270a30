using TransformerXL.Tensors.Kernels.MatrixProduct;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Kernels.Inference;

/// <summary>
/// The recurrent weight W_hh (4H, H) of a layer, made ready once for all products with the hidden states of so many streams.
/// The values must stay as they are.
/// </summary>
public sealed unsafe class RecurrentWeight
{
    // Empty where the rows are so few that the weight is read as it lies.
    private readonly Tensor _packed;
    private readonly CpuBackend _backend;

    /// <summary>Prepares a weight.</summary>
    /// <param name="backend">What computes; other backends cannot use the result.</param>
    /// <param name="weight">(4H, H).</param>
    /// <param name="streams">B.</param>
    /// <exception cref="ArgumentException">The weight is not four times as high as wide.</exception>
    public RecurrentWeight(CpuBackend backend, Tensor weight, int streams)
    {
        ArgumentNullException.ThrowIfNull(backend);
        int depth = weight.Shape[1], columns = weight.Shape[0];
        if (columns != 4L * depth)
        {
            throw new ArgumentException($"the shape of a recurrent weight is {weight.Shape}, but the first axis must be four times the second", nameof(weight));
        }

        (_backend, Weight, Streams) = (backend, weight, streams);
        if (streams > InferenceOperations.FewRows)
        {
            _packed = Tensor.Allocate(new Shape(checked((int)backend.Kernels.PackedRightSize(depth, columns))));
            backend.Kernels.PackRight(new MatrixOperand(weight.Pointer, 1, depth), depth, columns, _packed.Pointer);
            weight.KeepAlive();
        }
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

        if (_packed.IsEmpty)
        {
            backend.Linear(hidden, Weight, default, recurrent);
            return;
        }

        MatrixProductArguments product = new()
        {
            Rows = Streams,
            Columns = 4 * Size,
            Depth = Size,
            A = new MatrixOperand(hidden.Pointer, Size, 1),
            PackedB = _packed.Pointer,
            C = recurrent.Pointer,
            Stride = 4 * Size,
        };
        backend.Kernels.MatrixProduct(product);
        GC.KeepAlive(this);
        hidden.KeepAlive();
        recurrent.KeepAlive();
    }
}
