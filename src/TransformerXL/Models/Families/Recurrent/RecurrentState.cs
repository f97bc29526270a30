using TransformerXL.Tensors.Memory;

namespace TransformerXL.Models;

/// <summary>
/// What a recurrent model remembers from segment to segment, without gradient: the hidden state of each layer after the last token, and the cell
/// state where the layers have one. Begins with zeros. Parts 2n and 2n + 1 are h and c of layer n, one row each; without cell states part n is h.
/// </summary>
public sealed class RecurrentState : ModelState
{
    private readonly Tensor[] _states;
    private readonly bool _hasCells;
    private int _rows;

    /// <summary>Creates a state of zeros.</summary>
    /// <param name="layers">N.</param>
    /// <param name="streams">B.</param>
    /// <param name="size">The size of h.</param>
    /// <param name="hasCells">Whether layers have cell states.</param>
    /// <param name="cellSize">The size of c; that of h if 0.</param>
    public RecurrentState(int layers, int streams, int size, bool hasCells, int cellSize = 0)
        : base(streams)
    {
        _hasCells = hasCells;
        _states = [.. Enumerable.Range(0, (hasCells ? 2 : 1) * layers).Select(part => Tensor.Allocate(new Shape(1, streams, hasCells && part % 2 == 1 && cellSize > 0 ? cellSize : size)))];
    }

    /// <summary>1 after the first token: the state stands for all tokens read.</summary>
    public override int Rows => _rows;

    /// <inheritdoc/>
    public override long Bytes => _states.Sum(state => state.Count * sizeof(float));

    /// <inheritdoc/>
    public override int Parts => _states.Length;

    /// <inheritdoc/>
    public override Tensor this[int part] => _states[part];

    /// <inheritdoc/>
    public override Shape MaxShape(int part) => _states[part].Shape;

    /// <inheritdoc/>
    public override void Clear()
    {
        _rows = 0;
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
        _rows = 1;
    }

    /// <inheritdoc/>
    internal override string PartName(int part) => _hasCells ? $"layers.{part / 2}.{(part % 2 == 0 ? 'h' : 'c')}" : $"layers.{part}.h";

    /// <inheritdoc/>
    internal override ModelState Copy()
    {
        RecurrentState copy = new(_hasCells ? Parts / 2 : Parts, Streams, _states[0].Shape[2], _hasCells, _hasCells ? _states[1].Shape[2] : 0);
        copy.Assign(this);
        return copy;
    }

    /// <inheritdoc/>
    internal override void Assign(ModelState other)
    {
        CopyFrom(other);
        _rows = other.Rows;
    }

    /// <summary>Replaces the state of a layer by that after its last token.</summary>
    internal void Update(int layer, Tensor hidden, Tensor cell)
    {
        hidden.CopyTo(HiddenOf(layer));
        if (_hasCells)
        {
            cell.CopyTo(CellOf(layer));
        }

        _rows = 1;
    }

    /// <summary>h of a layer: (B, H).</summary>
    internal Tensor HiddenOf(int layer) => StateRows(_hasCells ? 2 * layer : layer);

    /// <summary>c of a layer: (B, H); empty where there are none.</summary>
    internal Tensor CellOf(int layer) => _hasCells ? StateRows((2 * layer) + 1) : default;

    private Tensor StateRows(int part) => _states[part].Reshape(new Shape(_states[part].Shape[1], _states[part].Shape[2]));
}
