using TransformerXL.Tensors;
using TransformerXL.Tensors.Memory;
using TransformerXL.Testing.Oracles;

namespace TransformerXL.Testing.Reference;

/// <content>Layer normalisation and long short-term memory.</content>
public sealed partial class ReferenceBackend
{
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

            double inverse = 1 / Math.Sqrt(variance + tensors.Epsilon);
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

    internal override void LstmGates(in LstmTensors step)
    {
        (Tensor gates, Tensor recurrent, Tensor previousCell, Tensor cell, Tensor hidden) = (step.Gates, step.Recurrent, step.PreviousCell, step.Cell, step.Hidden);
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

    internal override void GruStep(Tensor gates, Tensor recurrent, Tensor recurrentBias, Tensor previousHidden, Tensor candidate, Tensor hidden)
    {
        int size = hidden.Shape.Columns;
        for (int unit = 0; unit < hidden.Count; unit++)
        {
            int stream = unit / size, own = unit % size, first = (stream * 3 * size) + own;
            double Recurrent(int gate) => (double)recurrent.Span[first + (gate * size)] + recurrentBias.Span[own + (gate * size)];
            double r = Sigmoid(gates.Span[first] + Recurrent(0)), z = Sigmoid(gates.Span[first + size] + Recurrent(1));
            double n = Math.Tanh(gates.Span[first + (2 * size)] + (r * Recurrent(2)));
            candidate.Span[unit] = (float)Recurrent(2);
            (gates.Span[first], gates.Span[first + size], gates.Span[first + (2 * size)]) = ((float)r, (float)z, (float)n);
            hidden.Span[unit] = (float)(((1 - z) * n) + (z * previousHidden.Span[unit]));
        }
    }

    internal override void GruStepBackward(
        Tensor gates, Tensor recurrentGradient, Tensor previousHidden, Tensor candidate, Tensor outputGradient, Tensor hiddenGradient, Tensor carriedGradient)
    {
        int size = previousHidden.Shape.Columns;
        for (int unit = 0; unit < previousHidden.Count; unit++)
        {
            int first = (unit / size * 3 * size) + (unit % size);
            double r = gates.Span[first], z = gates.Span[first + size], n = gates.Span[first + (2 * size)];
            double dh = (double)outputGradient.Span[unit] + hiddenGradient.Span[unit] + carriedGradient.Span[unit];
            double dn = dh * (1 - z) * (1 - (n * n)), dz = dh * (previousHidden.Span[unit] - n) * z * (1 - z), dr = dn * candidate.Span[unit] * r * (1 - r);
            (gates.Span[first], gates.Span[first + size], gates.Span[first + (2 * size)]) = ((float)dr, (float)dz, (float)dn);
            (recurrentGradient.Span[first], recurrentGradient.Span[first + size], recurrentGradient.Span[first + (2 * size)]) = ((float)dr, (float)dz, (float)(dn * r));
            carriedGradient.Span[unit] = (float)(dh * z);
        }
    }

    internal override void RnnStep(Tensor gates, Tensor recurrent, Tensor hidden, bool rectifies)
    {
        for (int unit = 0; unit < hidden.Count; unit++)
        {
            double a = (double)gates.Span[unit] + recurrent.Span[unit];
            hidden.Span[unit] = (float)(rectifies ? Math.Max(a, 0) : Math.Tanh(a));
        }
    }

    internal override void RnnStepBackward(Tensor gates, Tensor hidden, Tensor outputGradient, Tensor hiddenGradient, bool rectifies)
    {
        for (int unit = 0; unit < hidden.Count; unit++)
        {
            double h = hidden.Span[unit], dh = (double)outputGradient.Span[unit] + hiddenGradient.Span[unit];
            gates.Span[unit] = (float)(rectifies ? h > 0 ? dh : 0 : dh * (1 - (h * h)));
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
