using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Models;

/// <summary>
/// What a model carries from one segment to the next, without gradient: for each of its parts the last rows of B parallel
/// streams. Hidden states or cached keys and values for attention, the state of its cells for an LSTM, the last tokens for a
/// model without recurrence.
/// </summary>
public abstract class ModelState
{
    private protected ModelState(int streams) => Streams = streams;

    /// <summary>B.</summary>
    public int Streams { get; }

    /// <summary>Tokens of each stream that are remembered.</summary>
    public abstract int Rows { get; }

    /// <summary>Bytes of native memory; constant.</summary>
    public abstract long Bytes { get; }

    /// <summary>The number of parts.</summary>
    public abstract int Parts { get; }

    /// <summary>The contents of a part: (rows, B, size). They change with the next segment.</summary>
    public abstract Tensor this[int part] { get; }

    /// <summary>
    /// The tokens that each stream has in the next forward passes, where they are not as many as the rows: what follows in a stream does not exist for
    /// attention. Empty where all streams are full. Not copied: must stay as it is until the backward pass is over.
    /// </summary>
    internal ReadOnlyMemory<int> Lengths { get; set; }

    /// <summary>Receives the embeddings that the next forward passes read, where their gradients are wanted.</summary>
    internal InputGradients? Inputs { get; set; }

    /// <summary>The most tokens of each stream that one forward pass takes.</summary>
    internal virtual int MaxTokens => int.MaxValue;

    /// <summary>The axes of a full part: (maximum rows, B, size).</summary>
    public abstract Shape MaxShape(int part);

    /// <summary>Forgets everything.</summary>
    public abstract void Clear();

    /// <summary>What follows is no second text of a pair, whatever separators came before; what was read stays in the memory.</summary>
    internal virtual void EndPair()
    {
    }

    /// <summary>Replaces the contents of a part by saved ones: (rows, B, size), at most <see cref="MaxShape"/>.</summary>
    public abstract void Restore(int part, int rows, ReadOnlySpan<float> states);

    /// <summary>Checks the contents of a part that was read from a file, before anything is replaced.</summary>
    /// <exception cref="InputException">A value cannot be; the message names the file.</exception>
    internal virtual void Check(int part, Tensor contents, string path)
    {
    }

    /// <summary>The name of a part in the file of a session.</summary>
    internal virtual string PartName(int part) => $"memory.{part}";

    /// <summary>A copy that changes independently.</summary>
    internal abstract ModelState Copy();

    /// <summary>Replaces the contents by those of a state of the same model and sizes; allocates as little as the state can.</summary>
    internal virtual void Assign(ModelState other) => CopyFrom(other);

    /// <summary>Adds tokens whose hidden states are not needed, if that needs no forward pass.</summary>
    /// <returns>Whether it did.</returns>
    internal virtual bool Skip(ReadOnlySpan<int> ids) => false;

    /// <summary>The tokens that the model computes for new ones: those themselves, or all of a window that ends with them.</summary>
    internal virtual IndexTensor Extend(Tape tape, IndexTensor ids) => ids;

    /// <summary>Copies all parts of a state of the same sizes.</summary>
    private protected void CopyFrom(ModelState other)
    {
        for (int part = 0; part < Parts; part++)
        {
            Tensor rows = other[part];
            Restore(part, rows.IsEmpty ? 0 : rows.Shape[0], rows.IsEmpty ? [] : rows.Span);
        }
    }
}
