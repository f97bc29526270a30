namespace TransformerXL.Analysis.Reports;

/// <summary>A point of a line.</summary>
/// <param name="X">The value on the horizontal axis.</param>
/// <param name="Y">The value; the mean if the point represents several values.</param>
/// <param name="Low">The minimum of the values.</param>
/// <param name="High">The maximum of the values.</param>
internal readonly record struct SeriesPoint(double X, double Y, double Low, double High)
{
    /// <summary>A point with a single value.</summary>
    public SeriesPoint(double x, double y) : this(x, y, y, y)
    {
    }
}
