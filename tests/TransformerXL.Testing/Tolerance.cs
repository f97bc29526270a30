namespace TransformerXL.Testing;

/// <summary>How far single precision may be from double precision.</summary>
public static class Tolerance
{
    private const double Rounding = 6e-8;

    /// <summary>
    /// Relative to the largest magnitude: rounding errors of a sum of so many terms, which mostly cancel, with room for the
    /// operations around it.
    /// </summary>
    public static double Of(int reduction) => Rounding * (20 + (5 * Math.Sqrt(reduction)));

    /// <summary>The largest magnitude, at least <paramref name="floor"/>.</summary>
    public static double Scale(IEnumerable<double> values, double floor) => values.Select(Math.Abs).Append(floor).Max();

    /// <summary>The first place where two results are too far apart or not numbers, in words; null if there is none.</summary>
    public static string? Mismatch(ReadOnlySpan<float> actual, double[] expected, double relative, double floor)
    {
        if (actual.Length != expected.Length)
        {
            return $"{actual.Length} values instead of {expected.Length}";
        }

        double allowed = relative * Scale(expected, floor);
        for (int i = 0; i < expected.Length; i++)
        {
            double error = Math.Abs(actual[i] - expected[i]);
            if (!(error <= allowed))
            {
                return $"element {i} of {expected.Length} is {actual[i]}, expected {expected[i]}, error {error:e2}, allowed {allowed:e2}";
            }
        }

        return null;
    }
}
