namespace TransformerXL.Server.Metrics;

/// <summary>Counts of values below bounds, as Prometheus reads them. Safe for many threads.</summary>
/// <param name="bounds">Upper bounds of the buckets, ascending; a last bucket takes the rest.</param>
internal sealed class Histogram(params double[] bounds)
{
    private readonly long[] _counts = new long[bounds.Length + 1];
    private double _sum;

    /// <summary>Bounds in seconds, from a millisecond to two minutes.</summary>
    public static double[] Seconds { get; } = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];

    /// <summary>Counts a value.</summary>
    public void Observe(double value)
    {
        int bucket = Array.BinarySearch(bounds, value);
        Interlocked.Increment(ref _counts[bucket >= 0 ? bucket : ~bucket]);
        for (double sum = _sum; ;)
        {
            double before = Interlocked.CompareExchange(ref _sum, sum + value, sum);
            if (before.Equals(sum))
            {
                return;
            }

            sum = before;
        }
    }

    /// <summary>Writes buckets, sum and count.</summary>
    public void WriteTo(PrometheusWriter writer, string name, string help, params ReadOnlySpan<(string Name, string Value)> labels)
    {
        writer.Head(name, "histogram", help);
        WriteSeries(writer, name, labels);
    }

    /// <summary>The same without its head, as one of several with other labels.</summary>
    public void WriteSeries(PrometheusWriter writer, string name, params ReadOnlySpan<(string Name, string Value)> labels)
    {
        long total = 0;
        for (int i = 0; i < _counts.Length; i++)
        {
            total += Volatile.Read(ref _counts[i]);
            string bound = i < bounds.Length ? PrometheusWriter.Number(bounds[i]) : "+Inf";
            writer.Value($"{name}_bucket", total, [.. labels, ("le", bound)]);
        }

        writer.Value($"{name}_sum", Volatile.Read(ref _sum), labels);
        writer.Value($"{name}_count", total, labels);
    }
}
