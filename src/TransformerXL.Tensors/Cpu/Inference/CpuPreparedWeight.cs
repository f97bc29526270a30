using TransformerXL.Tensors.Inference;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Cpu.Inference;

/// <summary>
/// Products of few rows read the rows as they are stored. Products of many rows read a packed copy, which the second such product creates
/// and caches: an evaluation packs once, and the single segment of a prompt does not cost the memory of a second copy. In 8 bits all
/// products read the same rows.
/// </summary>
/// <param name="weight">W: (out, in).</param>
/// <param name="precision">The precision of products.</param>
internal sealed class CpuPreparedWeight(Tensor weight, Precision precision = Precision.Float32) : PreparedWeight
{
    private readonly CpuInferenceWeight _weight = new(weight, precision);
    private readonly Lock _packing = new();
    private PackedWeight? _packed;
    private bool _used;

    public override int Outputs => _weight.Outputs;

    public override int Depth => _weight.Depth;

    public override long PackedBytes => Volatile.Read(ref _packed)?.Bytes ?? 0;

    /// <summary>y = activation(x W^T + bias); the same bits whether packed or not.</summary>
    /// <param name="backend">The backend. If its instruction set differs from that of the backend that packed first, it packs for each product.</param>
    /// <param name="input">x: (..., in).</param>
    /// <param name="bias">(out), or empty.</param>
    /// <param name="output">y: (..., out), overwritten.</param>
    /// <param name="activation">Applied to every value.</param>
    /// <param name="rowsAlone">Whether each row gets the bits that it gets alone, from the rows as they are stored.</param>
    public void Multiply(CpuBackend backend, Tensor input, Tensor bias, Tensor output, Activation activation, bool rowsAlone)
    {
        bool packs = !rowsAlone && input.Shape.Rows > InferenceOperations.FewRows && _weight.Precision != Precision.Int8;
        if (packs && Packed(backend) is { } packed && packed.Isa == backend.Isa)
        {
            backend.Linear(input, packed, bias, output, activation);
        }
        else
        {
            backend.LinearRows(input, _weight, 0, _weight.Outputs, bias, output, activation, rowsAlone);
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
