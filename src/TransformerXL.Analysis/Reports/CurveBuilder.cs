namespace TransformerXL.Analysis.Reports;

/// <summary>
/// Downsamples a curve of any length to at most <paramref name="maxPoints"/> points as its values arrive, in constant space: a point
/// has the mean, minimum and maximum of k consecutive values; when there are too many points, each two
/// become one and k doubles.
/// </summary>
internal sealed class CurveBuilder(int maxPoints = CurveBuilder.StandardPoints)
{
    /// <summary>The default: about a point for each pixel of a chart.</summary>
    public const int StandardPoints = 600;

    private readonly List<Bucket> _buckets = [];

    /// <summary>k: values in each point except the last, which may have fewer.</summary>
    public int ValuesPerPoint { get; private set; } = 1;

    /// <summary>The points so far.</summary>
    public IReadOnlyList<SeriesPoint> Points => [.. _buckets.Select(bucket => bucket.Point)];

    /// <summary>Adds a value; values that are not finite are ignored.</summary>
    public void Add(double x, double y)
    {
        if (!double.IsFinite(x) || !double.IsFinite(y))
        {
            return;
        }

        Bucket added = new(1, x, y, y, y);
        if (_buckets.Count == maxPoints && _buckets[^1].Count == ValuesPerPoint)
        {
            Halve();
        }

        if (_buckets.Count > 0 && _buckets[^1].Count < ValuesPerPoint)
        {
            _buckets[^1] = _buckets[^1].With(added);
        }
        else
        {
            _buckets.Add(added);
        }
    }

    private void Halve()
    {
        List<Bucket> halved = [.. _buckets.Chunk(2).Select(pair => pair.Length == 2 ? pair[0].With(pair[1]) : pair[0])];
        _buckets.Clear();
        _buckets.AddRange(halved);
        ValuesPerPoint *= 2;
    }

    private readonly record struct Bucket(int Count, double X, double Y, double Low, double High)
    {
        public SeriesPoint Point => new(X, Y, Low, High);

        public Bucket With(Bucket other)
        {
            int count = Count + other.Count;
            double weight = (double)other.Count / count;
            return new Bucket(count, X + ((other.X - X) * weight), Y + ((other.Y - Y) * weight), Math.Min(Low, other.Low), Math.Max(High, other.High));
        }
    }
}
