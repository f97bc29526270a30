using TransformerXL.Tensors.Memory;

namespace TransformerXL.Models;

/// <summary>
/// The memory of an encoder: hidden states of earlier segments, and how many texts of a pair have ended in each stream. The last part holds these numbers, in each of its rows (rows, B, 1), so that a
/// restored memory continues with the right token types.
/// </summary>
internal sealed class EncoderMemory : HiddenMemory
{
    // Exact in float32.
    private const float MaxCount = 1 << 24;

    private readonly int[] _separators;
    private readonly Tensor _counts;

    public EncoderMemory(int layers, int length, int streams, int size)
        : base(layers, length, streams, size)
    {
        _separators = new int[streams];
        _counts = Tensor.Allocate(new Shape(length, streams, 1));
    }

    /// <summary>(B): separators that earlier segments held.</summary>
    public Span<int> Separators => _separators;

    /// <inheritdoc/>
    public override int Parts => base.Parts + (Length > 0 ? 1 : 0);

    private int Layers => base.Parts;

    /// <inheritdoc/>
    public override Tensor this[int part]
    {
        get
        {
            if (part < Layers)
            {
                return base[part];
            }

            Span<float> counts = _counts.Span;
            for (int i = 0; i < counts.Length; i++)
            {
                counts[i] = _separators[i % Streams];
            }

            return _counts.Slice(0, Rows);
        }
    }

    /// <inheritdoc/>
    public override Shape MaxShape(int part) => part < Layers ? base.MaxShape(part) : _counts.Shape;

    /// <inheritdoc/>
    public override void Restore(int part, int rows, ReadOnlySpan<float> states)
    {
        if (part < Layers)
        {
            base.Restore(part, rows, states);
            return;
        }

        for (int stream = 0; stream < Streams; stream++)
        {
            _separators[stream] = states.IsEmpty ? 0 : (int)Math.Clamp(states[stream], 0, MaxCount);
        }
    }

    /// <inheritdoc/>
    public override void Clear()
    {
        base.Clear();
        EndPair();
    }

    /// <inheritdoc/>
    internal override void EndPair() => Array.Clear(_separators);

    /// <inheritdoc/>
    internal override string PartName(int part) => part < Layers ? base.PartName(part) : "separators";

    internal override ModelState Copy()
    {
        EncoderMemory copy = new(Layers, Length, Streams, MaxShape(0)[2]);
        copy.Assign(this);
        return copy;
    }

    internal override void Assign(ModelState other)
    {
        base.Assign(other);
        ((EncoderMemory)other)._separators.CopyTo(_separators, 0);
    }
}
