using TransformerXL.Tensors;

namespace TransformerXL.Testing.Oracles;

/// <summary>Gated linear units in double.</summary>
internal static class GatedOracle
{
    /// <summary>f(u) v for rows of u beside v.</summary>
    public static double[] Forward(GatingFunction function, double[] x, int columns) =>
        [.. x.Chunk(2 * columns).SelectMany(row => Enumerable.Range(0, columns).Select(i => Function(function, row[i]) * row[columns + i]))];

    /// <summary>f.</summary>
    public static double Function(GatingFunction function, double x) => function == GatingFunction.Gelu ? GeluOracle.Forward(x) : x * Sigmoid(x);

    /// <summary>f'.</summary>
    public static double Slope(GatingFunction function, double x) =>
        function == GatingFunction.Gelu ? GeluOracle.Derivative(x) : Sigmoid(x) * (1 + (x * (1 - Sigmoid(x))));

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));
}
