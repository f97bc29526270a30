using TransformerXL.Tensors;


namespace TransformerXL.Testing.Oracles;

/// <summary>y = dropout(activation(x W^T + b)).</summary>
public static class LinearOracle
{
    /// <summary>x (rows, inner), weight (outer, inner), bias (outer) or null: (rows, outer).</summary>
    public static double[] Forward(double[] x, double[] weight, double[]? bias, int inner, int outer, Activation activation, DropoutOracle dropout)
    {
        int rows = x.Length / inner;
        double[] y = MatrixOracle.Product(x, MatrixOracle.Transpose(weight, outer, inner), rows, outer, inner);
        for (int i = 0; i < y.Length; i++)
        {
            double sum = y[i] + (bias is null ? 0 : bias[i % outer]);
            y[i] = ActivationOracle.Apply(activation, sum);
        }

        return dropout.Apply(y);
    }
}
