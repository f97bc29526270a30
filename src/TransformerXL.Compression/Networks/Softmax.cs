namespace TransformerXL.Compression.Networks;

/// <summary>Logits to whole frequencies, by sums and products in a fixed order.</summary>
internal static class Softmax
{
    private const float Scale = 1 << 24, Log2E = 1.44269504f, Floor = -40;

    /// <summary>Frequencies in proportion to exp(logit), each at least 1.</summary>
    public static void Frequencies(ReadOnlySpan<float> logits, Span<float> exponentials, Span<int> frequencies)
    {
        float largest = logits[0];
        foreach (float logit in logits)
        {
            largest = logit > largest ? logit : largest;
        }

        double sum = 0;
        for (int i = 0; i < logits.Length; i++)
        {
            exponentials[i] = PowerOf2((logits[i] - largest) * Log2E);
            sum += exponentials[i];
        }

        double factor = Scale / sum;
        for (int i = 0; i < frequencies.Length; i++)
        {
            double frequency = exponentials[i] * factor;
            frequencies[i] = 1 + (frequency >= 0 ? (int)Math.Min(frequency, Scale) : 0);
        }
    }

    /// <summary>2^x for x from -40 to 0; 0 below.</summary>
    internal static float PowerOf2(float x)
    {
        if (!(x > Floor))
        {
            return 0;
        }

        // x = whole + share with a share from 0 to below 1; 2^share by its series.
        int whole = (int)x;
        whole -= whole > x ? 1 : 0;
        float share = (x - whole) * 0.69314718f;
        float series = 1 + (share * (1 + (share * (0.5f + (share * (0.16666667f + (share * (0.041666668f + (share * (0.008333334f + (share * 0.0013888889f)))))))))));
        return series * BitConverter.Int32BitsToSingle((whole + 127) << 23);
    }
}
