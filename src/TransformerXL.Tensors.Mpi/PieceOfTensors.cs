using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Mpi;

/// <summary>Enumerates tensors as if they were one vector, in pieces up to a maximum number of values.</summary>
internal sealed class PieceOfTensors(IReadOnlyList<Tensor> tensors, int maxLength)
{
    private int _tensor, _start, _nextTensor, _nextStart;

    /// <summary>The values of the piece.</summary>
    public int Length { get; private set; }

    /// <summary>Goes to the next piece.</summary>
    /// <returns>False at the end.</returns>
    public bool Next()
    {
        (_tensor, _start, Length) = (_nextTensor, _nextStart, 0);
        while (_nextTensor < tensors.Count && Length < maxLength)
        {
            int rest = (int)tensors[_nextTensor].Count - _nextStart, taken = Math.Min(rest, maxLength - Length);
            Length += taken;
            (_nextTensor, _nextStart) = taken == rest ? (_nextTensor + 1, 0) : (_nextTensor, _nextStart + taken);
        }

        return Length > 0;
    }

    public void CopyTo(Span<float> piece)
    {
        for (int copied = 0, tensor = _tensor, start = _start; copied < Length; tensor++, start = 0)
        {
            Span<float> values = Part(tensor, start, copied);
            values.CopyTo(piece[copied..]);
            copied += values.Length;
        }
    }

    public void CopyFrom(ReadOnlySpan<float> piece)
    {
        for (int copied = 0, tensor = _tensor, start = _start; copied < Length; tensor++, start = 0)
        {
            Span<float> values = Part(tensor, start, copied);
            piece.Slice(copied, values.Length).CopyTo(values);
            copied += values.Length;
        }
    }

    private Span<float> Part(int tensor, int start, int copied)
    {
        Span<float> values = tensors[tensor].Span[start..];
        return values[..Math.Min(values.Length, Length - copied)];
    }
}
