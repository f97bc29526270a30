namespace TransformerXL.Testing.Oracles;

/// <summary>
/// One layer of long short-term memory (Hochreiter and Schmidhuber 1997; gates in the order i, f, g, o), one number at a time.
/// </summary>
/// <param name="length">T.</param>
/// <param name="streams">B.</param>
/// <param name="inputs">I.</param>
/// <param name="size">H.</param>
public sealed class LstmOracle(int length, int streams, int inputs, int size)
{
    /// <summary>h (T, B, H), then h and c after the last step (B, H).</summary>
    /// <param name="x">(T, B, I).</param>
    /// <param name="hidden">(B, H).</param>
    /// <param name="cell">(B, H).</param>
    /// <param name="inputWeight">(4H, I).</param>
    /// <param name="recurrentWeight">(4H, H).</param>
    /// <param name="inputBias">(4H).</param>
    /// <param name="recurrentBias">(4H).</param>
    /// <param name="projection">(P, H), so that hidden states have P numbers and the recurrent weight is (4H, P); null for none.</param>
    public IReadOnlyList<double[]> Forward(
        double[] x, double[] hidden, double[] cell, double[] inputWeight, double[] recurrentWeight, double[] inputBias, double[] recurrentBias, double[]? projection = null)
    {
        int width = projection is null ? size : projection.Length / size;
        double[] units = new double[size], output = new double[length * streams * width], h = [.. hidden], c = [.. cell], a = new double[4 * size];
        for (int row = 0; row < length * streams; row++)
        {
            int stream = row % streams;
            for (int gate = 0; gate < 4 * size; gate++)
            {
                a[gate] = inputBias[gate] + recurrentBias[gate]
                    + Dot(inputWeight, gate * inputs, x, row * inputs, inputs)
                    + Dot(recurrentWeight, gate * width, h, stream * width, width);
            }

            for (int unit = 0; unit < size; unit++)
            {
                int place = (stream * size) + unit;
                double i = Sigmoid(a[unit]), f = Sigmoid(a[size + unit]), g = Math.Tanh(a[(2 * size) + unit]), o = Sigmoid(a[(3 * size) + unit]);
                c[place] = (f * c[place]) + (i * g);
                units[unit] = o * Math.Tanh(c[place]);
            }

            for (int k = 0; k < width; k++)
            {
                output[(row * width) + k] = h[(stream * width) + k] = projection is null ? units[k] : Dot(projection, k * size, units, 0, size);
            }
        }

        return [output, h, c];
    }

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    private static double Dot(double[] a, int firstA, double[] b, int firstB, int count)
    {
        double sum = 0;
        for (int i = 0; i < count; i++)
        {
            sum += a[firstA + i] * b[firstB + i];
        }

        return sum;
    }
}
