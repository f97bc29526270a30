namespace TransformerXL.Testing.Oracles;

/// <summary>y_t = dropout(scale * E[id_t]).</summary>
public static class EmbeddingOracle
{
    /// <summary>Table (V, D) and ids: (ids, D).</summary>
    public static double[] Forward(double[] table, int[] ids, int columns, double scale, DropoutOracle dropout)
    {
        double[] y = new double[ids.Length * columns];
        for (int i = 0; i < y.Length; i++)
        {
            y[i] = scale * table[(ids[i / columns] * columns) + (i % columns)];
        }

        return dropout.Apply(y);
    }
}
