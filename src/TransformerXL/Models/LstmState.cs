using TransformerXL.Tensors.Memory;

namespace TransformerXL.Models;

/// <summary>
/// What a model of long short-term memory remembers from segment to segment, without gradient: hidden and cell state of
/// each layer after the last token. Begins with zeros. Parts 2n and 2n + 1 are h and c of layer n, one row each.
/// </summary>
public sealed class LstmState : ModelMemory
{
    private readonly Tensor[] _states;

    /// <summary>Creates a state of zeros.</summary>
    /// <param name="layers">N.</param>
    /// <param name="streams">B.</param>
    /// <param name="size">H.</param>
    public LstmState(int layers, int streams, int size)
    {
        _states = [.. Enumerable.Range(0, 2 * layers).Select(_ => Tensor.Allocate(new Shape(1, streams, size)))];
    }

    /// <inheritdoc/>
    public override int Parts => _states.Length;

    /// <inheritdoc/>
    public override Tensor this[int part] => _states[part];

    /// <inheritdoc/>
    public override Shape MostShape(int part) => _states[part].Shape;

    /// <inheritdoc/>
    public override void Clear()
    {
        foreach (Tensor state in _states)
        {
            state.Span.Clear();
        }
    }

    /// <inheritdoc/>
    public override void Restore(int part, int rows, ReadOnlySpan<float> states)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(rows, 1);
        states.CopyTo(_states[part].Span);
    }

    /// <summary>h of a layer: (B, H).</summary>
    internal Tensor HiddenOf(int layer) => Rows(2 * layer);

    /// <summary>c of a layer: (B, H).</summary>
    internal Tensor CellOf(int layer) => Rows((2 * layer) + 1);

    private Tensor Rows(int part) => _states[part].Reshape(new Shape(_states[part].Shape[1], _states[part].Shape[2]));
}
