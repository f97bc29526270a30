namespace TransformerXL.Testing.Oracles;

/// <summary>Layer normalisation (Ba, Kiros, Hinton 2016), biased variance.</summary>
public static class LayerNormOracle
{
    /// <summary>gain (s - mean) / sqrt(variance + epsilon) + bias with s = residual + dropout(x), row by row.</summary>
    public static double[] Forward(double[] x, double[]? residual, double[] gain, double[] bias, DropoutOracle dropout, double epsilon = 1e-5)
    {
        double[] s = dropout.Apply(x);
        for (int i = 0; residual is not null && i < s.Length; i++)
        {
            s[i] += residual[i];
        }

        int columns = gain.Length;
        double[] y = new double[s.Length];
        for (int first = 0; first < s.Length; first += columns)
        {
            double[] row = s[first..(first + columns)];
            double mean = row.Average();
            double variance = row.Sum(value => (value - mean) * (value - mean)) / columns;
            for (int j = 0; j < columns; j++)
            {
                y[first + j] = (gain[j] * (row[j] - mean) / Math.Sqrt(variance + epsilon)) + bias[j];
            }
        }

        return y;
    }
}
