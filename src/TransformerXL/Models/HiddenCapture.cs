using TransformerXL.Tensors.Memory;

namespace TransformerXL.Models;

/// <summary>
/// Copies of the hidden states of chosen layers, taken while a forward pass runs: 0 is the input of the first layer, N the output of the model.
/// The pass itself computes what it computes without.
/// </summary>
internal sealed class HiddenCapture
{
    private readonly int[] _layers;
    private readonly Tensor[] _states;
    private int _begin, _rows;

    /// <param name="layers">The layers.</param>
    /// <param name="shape">The states of each: (T, B, d).</param>
    public HiddenCapture(ReadOnlySpan<int> layers, Shape shape)
    {
        _layers = layers.ToArray();
        _states = [.. _layers.Select(_ => Tensor.Allocate(shape))];
    }

    /// <summary>For each layer (T, B, d).</summary>
    public IReadOnlyList<Tensor> States => _states;

    /// <summary>The last rows of the next pass belong at a place of the states.</summary>
    public void Next(int begin, int rows) => (_begin, _rows) = (begin, rows);

    /// <summary>Copies the last rows of (L, B, d) if the layer is one of those chosen.</summary>
    public void Take(int layer, Tensor hidden)
    {
        for (int i = 0; i < _layers.Length && _rows > 0; i++)
        {
            if (_layers[i] == layer)
            {
                hidden.Slice(hidden.Shape[0] - _rows, _rows).CopyTo(_states[i].Slice(_begin, _rows));
            }
        }
    }
}
