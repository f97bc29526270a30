namespace TransformerXL.Inference.Watching;

/// <summary>
/// Quantiles of any number of positive values in constant memory: values are counted in buckets whose bounds grow by a constant factor, so that a
/// quantile is at most 2 % too large (DDSketch, Masson et al. 2019, with a fixed range).
/// </summary>
internal sealed class QuantileSketch
{
    private const double Accuracy = 0.01, Growth = (1 + Accuracy) / (1 - Accuracy), Smallest = 1e-6, Largest = 1e6;

    private static readonly double s_logarithm = Math.Log(Growth);
    private readonly long[] _counts = new long[1 + (int)Math.Ceiling(Math.Log(Largest / Smallest) / s_logarithm)];

    /// <summary>Values added.</summary>
    public long Count { get; private set; }

    /// <summary>Adds a value; one outside 1e-6 to 1e6 counts as the nearer bound.</summary>
    public void Add(double value)
    {
        _counts[(int)Math.Ceiling(Math.Log(Math.Clamp(value, Smallest, Largest) / Smallest) / s_logarithm)]++;
        Count++;
    }

    /// <summary>A value that this part of the values does not exceed: the upper bound of a bucket. Equal values therefore do not exceed their own quantile.</summary>
    /// <exception cref="InvalidOperationException">No value was added.</exception>
    public double Quantile(double part)
    {
        if (Count == 0)
        {
            throw new InvalidOperationException("no value was added");
        }

        long rank = (long)Math.Floor(part * (Count - 1)), below = 0;
        int bucket = 0;
        while ((below += _counts[bucket]) <= rank)
        {
            bucket++;
        }

        // The factor is for the rounding of the logarithm that chose the bucket.
        return Smallest * Math.Pow(Growth, bucket) * (1 + 1e-9);
    }
}
