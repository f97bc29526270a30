using TransformerXL.Tensors.Kernels;
using TransformerXL.Tensors.Kernels.Inference;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Inference;

/// <summary>
/// A weight (out, in) that sessions share. A product of many rows packs it; the second such product keeps what it packed, for
/// itself and all that follow: an evaluation packs once, and the one segment of a prompt, after which come single tokens, does
/// not cost the memory of a second copy. Several threads may use it at once, each with its own backend.
/// </summary>
internal sealed class SessionWeight(Tensor weight, Precision precision)
{
    private readonly Lock _packing = new();
    private PackedWeight? _packed;
    private bool _used;

    /// <summary>Bytes of the packed copy; 0 while there is none.</summary>
    public long PackedBytes => Volatile.Read(ref _packed)?.Bytes ?? 0;

    /// <summary>y = activation(x W^T + bias); the same bits whether packed or not.</summary>
    /// <param name="backend">What computes; one with another instruction set than the first one packs anew each time.</param>
    /// <param name="input">x: (rows, in).</param>
    /// <param name="bias">(out), or empty.</param>
    /// <param name="output">y: (rows, out), overwritten.</param>
    /// <param name="activation">Applied to every value.</param>
    public void Multiply(CpuBackend backend, Tensor input, Tensor bias, Tensor output, Activation activation = Activation.None)
    {
        if (input.Shape.Rows > InferenceOperations.FewRows && Packed(backend) is { } packed && packed.Isa == backend.Isa)
        {
            backend.Linear(input, packed, bias, output, activation);
        }
        else
        {
            backend.Linear(input, weight, bias, output, activation, precision);
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
                Volatile.Write(ref _packed, _packed ?? new PackedWeight(backend, weight, precision));
            }

            _used = true;
            return _packed;
        }
    }
}
