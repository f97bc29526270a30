using TransformerXL.Tensors;
using TransformerXL.Tensors.Memory;
using TransformerXL.Testing.Oracles;

namespace TransformerXL.Testing.Reference;

/// <content>Layer normalisation and long short-term memory.</content>
public sealed partial class ReferenceBackend
{
    private const double Epsilon = 1e-5;

    internal override void LayerNormForward(in LayerNormTensors tensors)
    {
        DropoutOracle mask = Oracle(tensors.Dropout);
        int rows = tensors.Input.Shape.Rows, columns = tensors.Input.Shape.Columns;
        for (int row = 0; row < rows; row++)
        {
            double mean = 0, variance = 0;
            for (int i = row * columns; i < (row + 1) * columns; i++)
            {
                tensors.Sum.Span[i] = (float)mask.Apply(tensors.Input.Span[i], i) + (tensors.Residual.IsEmpty ? 0 : tensors.Residual.Span[i]);
                mean += (double)tensors.Sum.Span[i] / columns;
            }

            for (int i = row * columns; i < (row + 1) * columns; i++)
            {
                variance += (tensors.Sum.Span[i] - mean) * (tensors.Sum.Span[i] - mean) / columns;
            }

            double inverse = 1 / Math.Sqrt(variance + Epsilon);
            (tensors.Statistics.Span[row], tensors.Statistics.Span[rows + row]) = ((float)mean, (float)inverse);
            for (int i = row * columns; i < (row + 1) * columns; i++)
            {
                int column = i % columns;
                tensors.Output.Span[i] = (float)((tensors.Gain.Span[column] * (tensors.Sum.Span[i] - mean) * inverse) + tensors.Bias.Span[column]);
            }
        }
    }

    internal override void LayerNormBackward(in LayerNormTensors tensors, in LayerNormTensorGradients gradients)
    {
        DropoutOracle mask = Oracle(tensors.Dropout);
        int rows = tensors.Input.Shape.Rows, columns = tensors.Input.Shape.Columns;
        double[] normal = new double[columns], ofNormal = new double[columns];
        for (int row = 0; row < rows; row++)
        {
            double mean = tensors.Statistics.Span[row], inverse = tensors.Statistics.Span[rows + row], sum = 0, product = 0;
            for (int column = 0; column < columns; column++)
            {
                int i = (row * columns) + column;
                normal[column] = (tensors.Sum.Span[i] - mean) * inverse;
                ofNormal[column] = gradients.Output.Span[i] * tensors.Gain.Span[column];
                sum += ofNormal[column] / columns;
                product += ofNormal[column] * normal[column] / columns;
                gradients.Gain.Span[column] += (float)(gradients.Output.Span[i] * normal[column]);
                gradients.Bias.Span[column] += gradients.Output.Span[i];
            }

            for (int column = 0; column < columns; column++)
            {
                int i = (row * columns) + column;
                double gradient = inverse * (ofNormal[column] - sum - (normal[column] * product));
                Put(gradients.Residual, i, gradient, gradients.AddToResidual);
                Put(gradients.Input, i, mask.Apply(gradient, i), gradients.AddToInput);
            }
        }
    }

    internal override void LstmStep(Tensor gates, Tensor recurrent, Tensor previousCell, Tensor cell, Tensor hidden)
    {
        int size = cell.Shape.Columns;
        for (int unit = 0; unit < cell.Count; unit++)
        {
            int first = (unit / size * 4 * size) + (unit % size);
            for (int gate = 0; gate < 4; gate++)
            {
                int place = first + (gate * size);
                double a = (double)gates.Span[place] + recurrent.Span[place];
                gates.Span[place] = (float)(gate == 2 ? Math.Tanh(a) : Sigmoid(a));
            }

            double i = gates.Span[first], f = gates.Span[first + size], g = gates.Span[first + (2 * size)], o = gates.Span[first + (3 * size)];
            cell.Span[unit] = (float)((f * previousCell.Span[unit]) + (i * g));
            hidden.Span[unit] = (float)(o * Math.Tanh(cell.Span[unit]));
        }
    }

    internal override void LstmStepBackward(Tensor gates, Tensor previousCell, Tensor cell, Tensor outputGradient, Tensor hiddenGradient, Tensor cellGradient)
    {
        int size = cell.Shape.Columns;
        for (int unit = 0; unit < cell.Count; unit++)
        {
            int first = (unit / size * 4 * size) + (unit % size);
            double i = gates.Span[first], f = gates.Span[first + size], g = gates.Span[first + (2 * size)], o = gates.Span[first + (3 * size)];
            double ofHidden = (double)outputGradient.Span[unit] + hiddenGradient.Span[unit], tanh = Math.Tanh(cell.Span[unit]);
            double ofCell = cellGradient.Span[unit] + (ofHidden * o * (1 - (tanh * tanh)));
            gates.Span[first] = (float)(ofCell * g * i * (1 - i));
            gates.Span[first + size] = (float)(ofCell * previousCell.Span[unit] * f * (1 - f));
            gates.Span[first + (2 * size)] = (float)(ofCell * i * (1 - (g * g)));
            gates.Span[first + (3 * size)] = (float)(ofHidden * tanh * o * (1 - o));
            cellGradient.Span[unit] = (float)(ofCell * f);
        }
    }

    /// <summary>Writes or adds to a gradient, if it is wanted.</summary>
    private static void Put(Tensor gradient, int place, double value, bool add)
    {
        if (!gradient.IsEmpty)
        {
            gradient.Span[place] = (add ? gradient.Span[place] : 0) + (float)value;
        }
    }
}
