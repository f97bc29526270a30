using TransformerXL.Tensors.Kernels.MatrixProduct;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Kernels.Inference;

/// <summary>
/// A weight (out, in) and a copy of it as products of many rows read it, made once for all of them. The layout depends on the
/// instruction set and the precision only, so that every backend of the same one may use it. The values must stay as they are.
/// </summary>
public sealed unsafe class PackedWeight
{
    private readonly Tensor _packed;

    /// <summary>Packs a weight.</summary>
    /// <param name="backend">What computes.</param>
    /// <param name="weight">W: (out, in).</param>
    /// <param name="precision">Of the operands of the products.</param>
    public PackedWeight(CpuBackend backend, Tensor weight, Precision precision = Precision.Float32)
    {
        ArgumentNullException.ThrowIfNull(backend);
        int depth = weight.Shape[1], columns = weight.Shape[0];
        (Isa, Weight, Precision) = (backend.Isa, weight, precision);
        _packed = Tensor.Allocate(new Shape(checked((int)backend.Kernels.PackedRightSize(depth, columns, precision))));
        backend.Kernels.PackRight(new MatrixOperand(weight.Pointer, 1, depth), depth, columns, precision, _packed.Pointer);
        weight.KeepAlive();
    }

    /// <summary>The instruction set whose products can read it.</summary>
    public Isa Isa { get; }

    /// <summary>The precision of the products that can read it.</summary>
    public Precision Precision { get; }

    /// <summary>W as it was given: (out, in).</summary>
    public Tensor Weight { get; }

    /// <summary>Bytes of the copy.</summary>
    public long Bytes => _packed.Count * sizeof(float);

    internal float* Pointer => _packed.Pointer;
}
