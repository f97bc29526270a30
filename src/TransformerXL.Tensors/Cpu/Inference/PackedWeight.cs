using TransformerXL.Tensors.Cpu.MatrixProduct;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Cpu.Inference;

/// <summary>
/// A weight (out, in) and a copy of it in the layout of products of many rows, made once for all of them. The layout depends only on the
/// instruction set and the precision, so that every backend with the same instruction set can use it. The values must not change.
/// </summary>
internal sealed unsafe class PackedWeight
{
    private readonly Tensor _packed;

    /// <summary>Packs a weight.</summary>
    /// <param name="backend">The backend that computes.</param>
    /// <param name="weight">W: (out, in).</param>
    public PackedWeight(CpuBackend backend, Tensor weight)
        : this(backend, new CpuInferenceWeight(weight, Precision.Float32))
    {
    }

    /// <summary>Packs a weight in its precision.</summary>
    /// <param name="backend">The backend that computes.</param>
    /// <param name="weight">W.</param>
    /// <exception cref="ArgumentException">The weight is in 8 bits, where products of many rows read the same rows as products of few.</exception>
    public PackedWeight(CpuBackend backend, CpuInferenceWeight weight)
    {
        if (weight.Precision == Precision.Int8)
        {
            throw new ArgumentException("a weight in 8 bits is not packed: products of any number of rows read the rows as they are stored", nameof(weight));
        }

        int depth = weight.Depth, columns = weight.Outputs;
        (Isa, Source) = (backend.Isa, weight);
        _packed = Tensor.Allocate(new Shape(checked((int)backend.Kernels.PackedRightSize(depth, columns, weight.Precision))));
        backend.Kernels.PackRight(new MatrixOperand(weight.Weight.Pointer, 1, depth), depth, columns, weight.Precision, _packed.Pointer);
        weight.Weight.KeepAlive();
    }

    /// <summary>The instruction set whose products can read it.</summary>
    public Isa Isa { get; }

    /// <summary>W, which products of few rows read.</summary>
    public CpuInferenceWeight Source { get; }

    /// <summary>Bytes of the copy.</summary>
    public long Bytes => _packed.Count * sizeof(float);

    public float* Pointer => _packed.Pointer;
}
