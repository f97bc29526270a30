namespace TransformerXL.Heads;

/// <summary>Probabilities from logits, in double precision.</summary>
internal static class Distribution
{
    /// <summary>softmax(z).</summary>
    public static double[] Softmax(ReadOnlySpan<float> logits)
    {
        double[] values = new double[logits.Length];
        double max = double.NegativeInfinity, sum = 0;
        foreach (float logit in logits)
        {
            max = Math.Max(max, logit);
        }

        for (int i = 0; i < values.Length; i++)
        {
            values[i] = Math.Exp(logits[i] - max);
            sum += values[i];
        }

        for (int i = 0; i < values.Length; i++)
        {
            values[i] /= sum;
        }

        return values;
    }

    /// <summary>1 / (1 + exp(-z)).</summary>
    public static double Sigmoid(float logit) => 1 / (1 + Math.Exp(-logit));

    /// <summary>The place of the largest value; the first of equal ones.</summary>
    public static int Best<T>(ReadOnlySpan<T> values) where T : System.Numerics.INumber<T>
    {
        int best = 0;
        for (int i = 1; i < values.Length; i++)
        {
            best = values[i] > values[best] ? i : best;
        }

        return best;
    }
}
