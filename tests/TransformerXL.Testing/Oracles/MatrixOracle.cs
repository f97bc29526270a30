namespace TransformerXL.Testing.Oracles;

/// <summary>Products of row-major matrices.</summary>
public static class MatrixOracle
{
    /// <summary>A (rows, depth) B (depth, columns).</summary>
    public static double[] Product(double[] a, double[] b, int rows, int columns, int depth)
    {
        double[] c = new double[rows * columns];
        for (int i = 0; i < rows; i++)
        {
            for (int k = 0; k < depth; k++)
            {
                double value = a[(i * depth) + k];
                for (int j = 0; j < columns; j++)
                {
                    c[(i * columns) + j] += value * b[(k * columns) + j];
                }
            }
        }

        return c;
    }

    /// <summary>The nearest number with 8 significant binary digits, of two equally near the one whose last digit is 0.</summary>
    public static double ToBfloat16(float value)
    {
        if (value == 0 || !float.IsFinite(value))
        {
            return value;
        }

        double unit = Math.ScaleB(1, Math.Max(Math.ILogB(value), -126) - 7);
        return Math.Round(value / unit, MidpointRounding.ToEven) * unit;
    }

    /// <summary>The transpose of a (rows, columns) matrix.</summary>
    public static double[] Transpose(double[] x, int rows, int columns)
    {
        double[] y = new double[x.Length];
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
            {
                y[(j * rows) + i] = x[(i * columns) + j];
            }
        }

        return y;
    }
}
