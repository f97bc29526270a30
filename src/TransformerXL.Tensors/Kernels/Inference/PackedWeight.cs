using TransformerXL.Tensors.Kernels.MatrixProduct;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Kernels.Inference;

/// <summary>
/// A weight (out, in) and a copy of it as products of many rows read it, made once for all of them. The layout depends on the
/// instruction set only, so that every backend of the same one may use it. The values must stay as they are.
/// </summary>
public sealed unsafe class PackedWeight
{
    private readonly Tensor _packed;

    /// <summary>Packs a weight.</summary>
    /// <param name="backend">What computes.</param>
    /// <param name="weight">W: (out, in).</param>
    public PackedWeight(CpuBackend backend, Tensor weight)
    {
        ArgumentNullException.ThrowIfNull(backend);
        int depth = weight.Shape[1], columns = weight.Shape[0];
        (Isa, Weight) = (backend.Isa, weight);
        _packed = Tensor.Allocate(new Shape(checked((int)backend.Kernels.PackedRightSize(depth, columns, Precision.Float32))));
        backend.Kernels.PackRight(new MatrixOperand(weight.Pointer, 1, depth), depth, columns, Precision.Float32, _packed.Pointer);
        weight.KeepAlive();
    }

    /// <summary>The instruction set whose products can read it.</summary>
    public Isa Isa { get; }

    /// <summary>W as it was given: (out, in).</summary>
    public Tensor Weight { get; }

    /// <summary>Bytes of the copy.</summary>
    public long Bytes => _packed.Count * sizeof(float);

    internal float* Pointer => _packed.Pointer;
}
