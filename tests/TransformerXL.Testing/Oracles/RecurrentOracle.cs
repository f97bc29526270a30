namespace TransformerXL.Testing.Oracles;

/// <summary>One layer of gated recurrent units or of simple recurrent cells, one number at a time, from the definitions of PyTorch's nn.GRU and nn.RNN.</summary>
/// <param name="length">T.</param>
/// <param name="streams">B.</param>
/// <param name="inputs">I.</param>
/// <param name="size">H.</param>
public sealed class RecurrentOracle(int length, int streams, int inputs, int size)
{
    /// <summary>h (T, B, H), then h after the last step (B, H).</summary>
    /// <param name="x">x, h_0, W_ih, W_hh, b_ih, b_hh, with three matrices in the order r, z, n.</param>
    public IReadOnlyList<double[]> Gru(IReadOnlyList<double[]> x) => Run(x, 3, (a, q, before) =>
    {
        double r = Sigmoid(a[0] + q[0]), z = Sigmoid(a[1] + q[1]), n = Math.Tanh(a[2] + (r * q[2]));
        return ((1 - z) * n) + (z * before);
    });

    /// <summary>h (T, B, H), then h after the last step (B, H).</summary>
    /// <param name="x">x, h_0, W_ih, W_hh, b_ih, b_hh.</param>
    /// <param name="rectifies">Whether negative values become zero, in the place of tanh.</param>
    public IReadOnlyList<double[]> Rnn(IReadOnlyList<double[]> x, bool rectifies) =>
        Run(x, 1, (a, q, _) => rectifies ? Math.Max(a[0] + q[0], 0) : Math.Tanh(a[0] + q[0]));

    private double[][] Run(IReadOnlyList<double[]> x, int gates, Func<double[], double[], double, double> cell)
    {
        double[] output = new double[length * streams * size], h = [.. x[1]];
        for (int t = 0; t < length; t++)
        {
            double[] before = [.. h];
            for (int i = 0; i < h.Length; i++)
            {
                int stream = i / size, unit = i % size;
                double[] a = new double[gates], q = new double[gates];
                for (int gate = 0; gate < gates; gate++)
                {
                    int row = (gate * size) + unit;
                    a[gate] = x[4][row] + Dot(x[2], row * inputs, x[0], ((t * streams) + stream) * inputs, inputs);
                    q[gate] = x[5][row] + Dot(x[3], row * size, before, stream * size, size);
                }

                h[i] = cell(a, q, before[i]);
            }

            h.CopyTo(output, t * h.Length);
        }

        return [output, h];
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
