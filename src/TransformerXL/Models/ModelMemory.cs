using TransformerXL.Tensors.Memory;

namespace TransformerXL.Models;

/// <summary>
/// What a model carries from one segment to the next, without gradient: for each of its parts the last rows of B parallel
/// streams. Hidden states for attention, the state of its cells for an LSTM.
/// </summary>
public abstract class ModelMemory
{
    /// <summary>The number of parts.</summary>
    public abstract int Parts { get; }

    /// <summary>The contents of a part: (rows, B, size). They change with the next segment.</summary>
    public abstract Tensor this[int part] { get; }

    /// <summary>The axes of a full part: (most rows, B, size).</summary>
    public abstract Shape MostShape(int part);

    /// <summary>Forgets everything.</summary>
    public abstract void Clear();

    /// <summary>Replaces the contents of a part by saved ones: (rows, B, size), at most <see cref="MostShape"/>.</summary>
    public abstract void Restore(int part, int rows, ReadOnlySpan<float> states);
}
