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
