namespace TransformerXL.Models;

/// <summary>The memory of an encoder: hidden states of earlier segments, and how many texts of a pair have ended in each stream.</summary>
internal sealed class EncoderMemory(int layers, int length, int streams, int size) : HiddenMemory(layers, length, streams, size)
{
    private readonly int[] _separators = new int[streams];

    /// <summary>(B): separators that earlier segments held.</summary>
    public Span<int> Separators => _separators;

    /// <inheritdoc/>
    public override void Clear()
    {
        base.Clear();
        Array.Clear(_separators);
    }

    internal override ModelState Copy()
    {
        EncoderMemory copy = new(Parts, Length, Streams, MaxShape(0)[2]);
        copy.Assign(this);
        return copy;
    }

    internal override void Assign(ModelState other)
    {
        base.Assign(other);
        ((EncoderMemory)other)._separators.CopyTo(_separators, 0);
    }
}
