namespace TransformerXL.Testing.Oracles;

/// <summary>GELU(x) = x Φ(x) and its derivative, relative error below 1e-12.</summary>
public static class GeluOracle
{
    private const int Terms = 200;

    /// <summary>x Φ(x).</summary>
    public static double Forward(double x) => x * Distribution(x);

    /// <summary>Φ(x) + x φ(x).</summary>
    public static double Derivative(double x) => Distribution(x) + (x * Density(x));

    private static double Density(double x) => Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI);

    private static double Distribution(double x) => x switch
    {
        < -3 => Tail(-x),
        > 3 => 1 - Tail(x),
        _ => 0.5 + Middle(x),
    };

    /// <summary>φ(a) / (a + 1 / (a + 2 / (a + 3 / ...))) (Abramowitz and Stegun 26.2.14).</summary>
    private static double Tail(double a)
    {
        double fraction = a;
        for (int k = Terms; k > 0; k--)
        {
            fraction = a + (k / fraction);
        }

        return Density(a) / fraction;
    }

    /// <summary>φ(x) (x + x^3 / 3 + x^5 / (3 5) + ...) (26.2.11).</summary>
    private static double Middle(double x)
    {
        double term = x, sum = x;
        for (int k = 1; k < Terms; k++)
        {
            term *= x * x / ((2 * k) + 1);
            sum += term;
        }

        return Density(x) * sum;
    }
}
