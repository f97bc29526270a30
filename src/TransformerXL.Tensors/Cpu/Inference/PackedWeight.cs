using TransformerXL.Tensors.Cpu.MatrixProduct;
using TransformerXL.Tensors.Cpu.Tiles;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Cpu.Inference;

/// <summary>
/// A weight (out, in) and a copy of it in the layout of products of many rows, made once for all of them. The layout depends only on the
/// instruction set and the precision, so that every backend with the same instruction set can use it. The values must not change.
/// </summary>
internal sealed unsafe class PackedWeight
{
    private readonly Tensor _packed;
    private readonly int? _columns;

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
    /// <param name="takes">Whether nothing else reads W, so that its memory can be used, and is freed where it is not.</param>
    /// <exception cref="ArgumentException">The weight is in 8 bits, where products of many rows read the same rows as products of few.</exception>
    public PackedWeight(CpuBackend backend, CpuInferenceWeight weight, bool takes = false)
    {
        if (weight.Precision == Precision.Int8)
        {
            throw new ArgumentException("a weight in 8 bits is not packed: products of any number of rows read the rows as they are stored", nameof(weight));
        }

        (Isa, Precision, Outputs, Depth) = (backend.Isa, weight.Precision, weight.Outputs, weight.Depth);
        _columns = backend.Kernels.PackedColumns(Precision);
        if (takes && Precision == Precision.Float32 && InPlacePacking.Fits(Outputs, Depth, _columns!.Value))
        {
            InPlacePacking.Run(backend, weight.Weight.Pointer, Outputs, Depth, _columns.Value);
            _packed = weight.TakeSource();
            return;
        }

        _packed = Tensor.Allocate(new Shape(checked((int)backend.Kernels.PackedRightSize(Depth, Outputs, Precision))));
        Tensor source = weight.Float32();
        backend.Kernels.PackRight(new MatrixOperand(source.Pointer, 1, Depth), Depth, Outputs, Precision, _packed.Pointer);
        source.KeepAlive();
        if (weight.Weight.IsEmpty)
        {
            source.Owner!.Free();
        }

        if (takes)
        {
            weight.Free();
        }
    }

    /// <summary>The instruction set whose products can read it.</summary>
    public Isa Isa { get; }

    /// <summary>The precision of products.</summary>
    public Precision Precision { get; }

    /// <summary>Rows of W.</summary>
    public int Outputs { get; }

    /// <summary>The length of a row.</summary>
    public int Depth { get; }

    /// <summary>Bytes of the copy.</summary>
    public long Bytes => _packed.Count * sizeof(float);

    public float* Pointer => _packed.Pointer;

    /// <summary>W in float32 again, rounded to the precision.</summary>
    public Tensor Unpacked()
    {
        Tensor rows = Tensor.Allocate(new Shape(Outputs, Depth));
        if (_columns is { } columns)
        {
            Packing.Unpack(_packed.Pointer, Outputs, Depth, columns, rows.Pointer);
        }
        else
        {
            TilePacking.UnpackRight((byte*)_packed.Pointer, Outputs, Depth, rows.Pointer);
        }

        _packed.KeepAlive();
        return rows;
    }

    /// <summary>Frees the copy, which nothing may read any more.</summary>
    public void Free() => _packed.Owner!.Free();
}
