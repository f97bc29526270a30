using TransformerXL.Tensors;
using TransformerXL.Tensors.Memory;
using TransformerXL.Tensors.Random;
using TransformerXL.Testing.Oracles;

namespace TransformerXL.Testing.Reference;

/// <content>Functions of elements, rows and columns.</content>
public sealed partial class ReferenceBackend
{
    internal override void Dropout(DropoutMask mask, Tensor source, Tensor destination, bool add)
    {
        DropoutOracle oracle = Oracle(mask);
        for (int i = 0; i < source.Count; i++)
        {
            destination.Span[i] = (add ? destination.Span[i] : 0) + (float)oracle.Apply(source.Span[i], i);
        }
    }

    internal override void Gate(Tensor y, Tensor gate, float scale)
    {
        for (int i = 0; i < y.Count; i++)
        {
            y.Span[i] = gate.Span[i] > 0 ? y.Span[i] * scale : 0;
        }
    }

    internal override void Gelu(Tensor x, DropoutMask mask, Tensor y)
    {
        DropoutOracle dropout = Oracle(mask);
        for (int i = 0; i < y.Count; i++)
        {
            y.Span[i] = (float)dropout.Apply(GeluOracle.Forward(x.Span[i]), i);
        }
    }

    internal override void GeluBackward(Tensor y, Tensor x, DropoutMask mask)
    {
        DropoutOracle dropout = Oracle(mask);
        for (int i = 0; i < y.Count; i++)
        {
            y.Span[i] = (float)(dropout.Apply(y.Span[i], i) * GeluOracle.Derivative(x.Span[i]));
        }
    }

    internal override void AddRows(Tensor x, Tensor rows, Tensor y)
    {
        int streams = x.Shape[1], columns = x.Shape.Columns;
        for (int i = 0; i < x.Count; i++)
        {
            y.Span[i] = x.Span[i] + rows.Span[(i / (streams * columns) * columns) + (i % columns)];
        }
    }

    internal override void SumStreams(Tensor x, Tensor rows)
    {
        int streams = x.Shape[1], columns = x.Shape.Columns;
        for (int i = 0; i < x.Count; i++)
        {
            rows.Span[(i / (streams * columns) * columns) + (i % columns)] += x.Span[i];
        }
    }

    internal override void AddColumnSums(Tensor x, Tensor y)
    {
        int columns = x.Shape.Columns;
        for (int column = 0; column < columns; column++)
        {
            double sum = 0;
            for (int row = 0; row < x.Shape.Rows; row++)
            {
                sum += x.Span[(row * columns) + column];
            }

            y.Span[column] += (float)sum;
        }
    }

    internal override double SumOfSquares(Tensor x)
    {
        double sum = 0;
        foreach (float value in x.Span)
        {
            sum += (double)value * value;
        }

        return sum;
    }

    internal override double SumOfSquares(Tensor x, Tensor scale, float epsilon)
    {
        double sum = 0;
        for (int i = 0; i < x.Count; i++)
        {
            double quotient = x.Span[i] / ((double)scale.Span[i] + epsilon);
            sum += quotient * quotient;
        }

        return sum;
    }

    internal override void Elementwise(ElementwiseFunction function, Tensor a, Tensor b, Tensor y, bool add = false)
    {
        for (int i = 0; i < y.Count; i++)
        {
            double first = a.Span[i], second = b.Span[i];
            double value = function switch
            {
                ElementwiseFunction.Product => first * second,
                ElementwiseFunction.Tanh => Math.Tanh(first),
                ElementwiseFunction.TanhGradient => first * (1 - (second * second)),
                ElementwiseFunction.Sigmoid => Sigmoid(first),
                ElementwiseFunction.SigmoidGradient => first * second * (1 - second),
                _ => throw new ArgumentOutOfRangeException(nameof(function), function, "no such function"),
            };
            y.Span[i] = (add ? y.Span[i] : 0) + (float)value;
        }
    }

    internal override void Gated(GatingFunction function, Tensor x, Tensor y)
    {
        int columns = y.Shape.Columns;
        for (int i = 0; i < y.Count; i++)
        {
            int first = (i / columns * 2 * columns) + (i % columns);
            y.Span[i] = (float)(GatedOracle.Function(function, x.Span[first]) * x.Span[first + columns]);
        }
    }

    internal override void GatedBackward(GatingFunction function, Tensor x, Tensor outputGradient, Tensor gradient, bool add)
    {
        int columns = outputGradient.Shape.Columns;
        for (int i = 0; i < outputGradient.Count; i++)
        {
            int u = (i / columns * 2 * columns) + (i % columns), v = u + columns;
            double d = outputGradient.Span[i];
            gradient.Span[u] = (add ? gradient.Span[u] : 0) + (float)(d * x.Span[v] * GatedOracle.Slope(function, x.Span[u]));
            gradient.Span[v] = (add ? gradient.Span[v] : 0) + (float)(d * GatedOracle.Function(function, x.Span[u]));
        }
    }

    internal override void Softmax(Tensor x, Tensor y)
    {
        int columns = x.Shape.Columns;
        for (int first = 0; first < x.Count; first += columns)
        {
            double[] weights = Array.ConvertAll(x.Span.Slice(first, columns).ToArray(), value => (double)value);
            double max = weights.Max();
            weights = Array.ConvertAll(weights, value => Math.Exp(value - max));
            double sum = weights.Sum();
            for (int i = 0; i < columns; i++)
            {
                y.Span[first + i] = (float)(weights[i] / sum);
            }
        }
    }

    internal override void SoftmaxBackward(Tensor y, Tensor outputGradient, Tensor gradient, bool add)
    {
        int columns = y.Shape.Columns;
        for (int first = 0; first < y.Count; first += columns)
        {
            double dot = 0;
            for (int i = first; i < first + columns; i++)
            {
                dot += (double)y.Span[i] * outputGradient.Span[i];
            }

            for (int i = first; i < first + columns; i++)
            {
                gradient.Span[i] = (add ? gradient.Span[i] : 0) + (float)(y.Span[i] * (outputGradient.Span[i] - dot));
            }
        }
    }

    internal override void MeanRows(Tensor x, IndexTensor lengths, Tensor y)
    {
        int times = x.Shape[0], streams = x.Shape[1], columns = x.Shape[2];
        for (int place = 0; place < streams * columns; place++)
        {
            int length = lengths.IsEmpty ? times : lengths.Span[place / columns];
            double sum = 0;
            for (int t = 0; t < length; t++)
            {
                sum += x.Span[(t * streams * columns) + place];
            }

            y.Span[place] = length == 0 ? 0 : (float)(sum / length);
        }
    }

    internal override void MeanRowsBackward(Tensor outputGradient, IndexTensor lengths, Tensor gradient, bool add)
    {
        int times = gradient.Shape[0], streams = gradient.Shape[1], columns = gradient.Shape[2];
        for (int i = 0; i < gradient.Count; i++)
        {
            int t = i / (streams * columns), place = i % (streams * columns), length = lengths.IsEmpty ? times : lengths.Span[place / columns];
            gradient.Span[i] = (add ? gradient.Span[i] : 0) + (t < length ? outputGradient.Span[place] / length : 0);
        }
    }

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));
}
