using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Testing.Cases;

/// <summary>The sum of the elements of some values times fixed weights: a loss whose gradient is the weights.</summary>
public sealed class WeightedSumOperation : Operation
{
    private IReadOnlyList<Variable> _values = [];
    private IReadOnlyList<float[]> _weights = [];

    /// <summary>Records the sum.</summary>
    public static Variable Of(Tape tape, IReadOnlyList<Variable> values, IReadOnlyList<float[]> weights)
    {
        Variable output = OnlyGradientOf(tape, values, weights);
        output.Value.Span[0] = (float)values.Zip(weights, Sum).Sum();
        return output;
    }

    /// <summary>Records the sum without computing it, for measurements of the rest; values beyond the weights do not count.</summary>
    public static Variable OnlyGradientOf(Tape tape, IReadOnlyList<Variable> values, IReadOnlyList<float[]> weights)
    {
        WeightedSumOperation operation = tape.Rent<WeightedSumOperation>();
        (operation._values, operation._weights) = (values, weights);
        return tape.Record(operation, tape.NewVariable(new Shape(1), requiresGradient: true));
    }

    /// <inheritdoc/>
    public override void Backward(Tape tape)
    {
        float seed = Output.Gradient.Span[0];
        for (int i = 0; i < _weights.Count; i++)
        {
            Span<float> gradient = tape.Gradient(_values[i], out bool add).Span;
            if (!add && seed == 1)
            {
                _weights[i].CopyTo(gradient);
                continue;
            }

            for (int j = 0; j < gradient.Length; j++)
            {
                gradient[j] = (add ? gradient[j] : 0) + (seed * _weights[i][j]);
            }
        }
    }

    /// <inheritdoc/>
    public override void Clear() => (_values, _weights) = ([], []);

    private static double Sum(Variable value, float[] weights)
    {
        double sum = 0;
        for (int i = 0; i < weights.Length; i++)
        {
            sum += (double)value.Value.Span[i] * weights[i];
        }

        return sum;
    }
}
