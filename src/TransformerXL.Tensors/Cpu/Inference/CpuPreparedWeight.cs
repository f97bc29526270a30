using TransformerXL.Tensors.Inference;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Cpu.Inference;

/// <summary>
/// Dot products read the rows as they are stored. Products by blocks read a packed copy, which the second such product creates
/// and caches: an evaluation packs once, and the single segment of a prompt does not cost the memory of a second copy. In 8 bits all
/// products read the same rows.
/// </summary>
/// <remarks>
/// One that owns W keeps one copy where it can. In bfloat16 and 8 bits it frees W when the rows are rounded. In float32 and bfloat16 it frees the rows when it packs them; a product of few rows then unpacks them
/// for itself, as the short last segment of a text needs them, and the second one puts them in the place of the packed copy. If products by blocks come again, the two take turns, and both copies are kept.
/// </remarks>
internal sealed class CpuPreparedWeight : PreparedWeight
{
    private readonly Precision _precision;
    private readonly bool _owns;
    private readonly Lock _packing = new();
    private CpuInferenceWeight? _rows;
    private PackedWeight? _packed;
    private bool _used, _unpacked, _takeTurns;
    private int _readers;

    /// <param name="weight">W: (out, in).</param>
    /// <param name="precision">The precision of products.</param>
    /// <param name="owns">Whether nothing else reads W.</param>
    public CpuPreparedWeight(Tensor weight, Precision precision = Precision.Float32, bool owns = false)
    {
        (_precision, _owns, _rows) = (precision, owns, new CpuInferenceWeight(weight, precision, owns));
        (Outputs, Depth) = (_rows.Outputs, _rows.Depth);
    }

    public override int Outputs { get; }

    public override int Depth { get; }

    public override long PackedBytes => Volatile.Read(ref _packed)?.Bytes ?? 0;

    /// <summary>y = activation(x W^T + bias); the same bits whether packed or not.</summary>
    /// <param name="backend">The backend. If its instruction set differs from that of the backend that packed first, it packs for each product.</param>
    /// <param name="input">x: (..., in).</param>
    /// <param name="bias">(out), or empty.</param>
    /// <param name="output">y: (..., out), overwritten.</param>
    /// <param name="activation">Applied to every value.</param>
    /// <param name="products">How the product is computed; dot products read the rows as they are stored.</param>
    public void Multiply(CpuBackend backend, Tensor input, Tensor bias, Tensor output, Activation activation, RowProducts products)
    {
        using Reading reading = new(this);
        Multiply(backend, Blocks(backend, input, products), input, bias, output, activation, products);
    }

    /// <summary>One time step of an LSTM with this recurrent weight; the same bits whether packed or not.</summary>
    public void LstmStep(CpuBackend backend, in LstmTensors step)
    {
        using Reading reading = new(this);
        PackedWeight? packed = Blocks(backend, step.PreviousHidden, RowProducts.ByCount);
        if (packed is null || !backend.TryLstmStep(step, packed))
        {
            Multiply(backend, packed, step.PreviousHidden, default, step.Recurrent, Activation.None, RowProducts.ByCount);
            backend.LstmGates(step);
        }
    }

    private void Multiply(CpuBackend backend, PackedWeight? packed, Tensor input, Tensor bias, Tensor output, Activation activation, RowProducts products)
    {
        if (packed is not null)
        {
            backend.Linear(input, packed, bias, output, activation);
            return;
        }

        backend.LinearRows(input, Volatile.Read(ref _rows) ?? Unpacked(), 0, Outputs, bias, output, activation, products);
    }

    /// <summary>The packed copy, if a product by blocks with so many rows can read it.</summary>
    private PackedWeight? Blocks(CpuBackend backend, Tensor input, RowProducts products) =>
        products.TakesBlocks(input.Shape.Rows) && _precision != Precision.Int8 && Packed(backend, products) is { } packed && packed.Isa == backend.Isa ? packed : null;

    private PackedWeight? Packed(CpuBackend backend, RowProducts products)
    {
        if (Volatile.Read(ref _packed) is { } ready)
        {
            return ready;
        }

        lock (_packing)
        {
            // Where all products are by blocks, one copy is enough from the first on.
            if (_packed is null && (_used || (_owns && products == RowProducts.InBlocks)))
            {
                Volatile.Write(ref _packed, _owns && !_takeTurns ? Pack(backend) : new PackedWeight(backend, _rows!));
            }

            _used = true;
            return _packed;
        }
    }

    /// <summary>Packs the rows, which give up their memory. A product that begins meanwhile and needs rows waits, and unpacks them.</summary>
    private PackedWeight Pack(CpuBackend backend)
    {
        CpuInferenceWeight rows = Interlocked.Exchange(ref _rows, null)!;
        try
        {
            return new PackedWeight(backend, rows, takes: IsUnread);
        }
        catch (OutOfMemoryException)
        {
            Volatile.Write(ref _rows, rows);
            throw;
        }
    }

    /// <summary>Whether no product but that of this thread is running, so that a copy that later ones do not find can be freed at once; otherwise the garbage collector frees it.</summary>
    private bool IsUnread => Volatile.Read(ref _readers) == 1;

    private CpuInferenceWeight Unpacked()
    {
        lock (_packing)
        {
            if (_rows is { } ready)
            {
                return ready;
            }

            PackedWeight packed = _packed!;
            CpuInferenceWeight rows = new(packed.Unpacked(), _precision, owns: true);
            if (_unpacked)
            {
                _takeTurns = true;
                Volatile.Write(ref _rows, rows);
                Interlocked.Exchange(ref _packed, null);
                if (IsUnread)
                {
                    packed.Free();
                }
            }

            _unpacked = true;
            return rows;
        }
    }

    /// <summary>Counts the products that read a copy, where one may be freed.</summary>
    private readonly ref struct Reading
    {
        private readonly CpuPreparedWeight? _counted;

        public Reading(CpuPreparedWeight weight)
        {
            if (weight._owns)
            {
                _counted = weight;
                Interlocked.Increment(ref weight._readers);
            }
        }

        public void Dispose()
        {
            if (_counted is not null)
            {
                Interlocked.Decrement(ref _counted._readers);
            }
        }
    }
}
