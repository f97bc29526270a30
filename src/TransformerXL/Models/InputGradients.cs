using TransformerXL.Tensors.Autodiff;

namespace TransformerXL.Models;

/// <summary>
/// Holds the embeddings that a model reads as leaves of the tape, one for each forward pass, so that their gradients are there after the backward
/// pass. For one stream.
/// </summary>
internal sealed class InputGradients
{
    private readonly List<Parameter> _segments = [];

    /// <summary>The same values as a leaf.</summary>
    public Variable Watch(Variable embedded)
    {
        Parameter leaf = new("embedding", embedded.Shape);
        embedded.Value.CopyTo(leaf.Value);
        _segments.Add(leaf);
        return leaf;
    }

    /// <summary>Gradient times input of each row: x_t . dS/dx_t for all rows of all forward passes in order (Denil et al. 2014).</summary>
    public double[] TimesInput()
    {
        List<double> products = [];
        foreach (Parameter segment in _segments)
        {
            ReadOnlySpan<float> values = segment.Value.Span, gradients = segment.HasGradient ? segment.Gradient.Span : [];
            int width = segment.Shape.Columns, rows = values.Length / width;
            for (int row = 0; row < rows; row++)
            {
                double sum = 0;
                for (int i = row * width; i < (row + 1) * width && !gradients.IsEmpty; i++)
                {
                    sum += (double)values[i] * gradients[i];
                }

                products.Add(sum);
            }
        }

        GC.KeepAlive(this);
        return [.. products];
    }
}
