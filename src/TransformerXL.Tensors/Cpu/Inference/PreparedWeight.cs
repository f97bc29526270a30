using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Cpu.Inference;

/// <summary>
/// A weight (out, in) with the forms that products read it in. A product of few rows reads the rows in the precision as they
/// are. A product of many rows reads a packed copy, which the second such product keeps for all that follow: an evaluation
/// packs once, and the single segment of a prompt does not cost the memory of a second copy. In int8 all products read the
/// same rows. The values must stay as they are. Several threads may use it at once, each with its own backend.
/// </summary>
/// <param name="weight">W: (out, in).</param>
/// <param name="precision">The precision of products.</param>
public sealed class PreparedWeight(Tensor weight, Precision precision = Precision.Float32)
{
    private readonly InferenceWeight _weight = new(weight, precision);
    private readonly Lock _packing = new();
    private PackedWeight? _packed;
    private bool _used;

    /// <summary>Rows of W.</summary>
    public int Outputs => _weight.Outputs;

    /// <summary>The length of a row.</summary>
    public int Depth => _weight.Depth;

    /// <summary>Bytes of the packed copy; 0 while there is none.</summary>
    public long PackedBytes => Volatile.Read(ref _packed)?.Bytes ?? 0;

    /// <summary>y = activation(x W^T + bias) in the precision; the same bits whether packed or not.</summary>
    /// <param name="backend">What computes; a backend with another instruction set than the first one packs with each product.</param>
    /// <param name="input">x: (..., in).</param>
    /// <param name="bias">(out), or empty.</param>
    /// <param name="output">y: (..., out), overwritten.</param>
    /// <param name="activation">Applied to every value.</param>
    /// <exception cref="ArgumentException">Shapes do not fit.</exception>
    public void Multiply(CpuBackend backend, Tensor input, Tensor bias, Tensor output, Activation activation = Activation.None)
    {
        ArgumentNullException.ThrowIfNull(backend);
        bool packs = input.Shape.Rows > InferenceOperations.FewRows && _weight.Precision != Precision.Int8;
        if (packs && Packed(backend) is { } packed && packed.Isa == backend.Isa)
        {
            backend.Linear(input, packed, bias, output, activation);
        }
        else
        {
            backend.Linear(input, _weight, bias, output, activation);
        }
    }

    private PackedWeight? Packed(CpuBackend backend)
    {
        if (Volatile.Read(ref _packed) is { } ready)
        {
            return ready;
        }

        lock (_packing)
        {
            if (_used)
            {
                Volatile.Write(ref _packed, _packed ?? new PackedWeight(backend, _weight));
            }

            _used = true;
            return _packed;
        }
    }
}
