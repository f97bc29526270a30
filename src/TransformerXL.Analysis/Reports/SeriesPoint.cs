namespace TransformerXL.Analysis.Reports;

/// <summary>A point of a line.</summary>
/// <param name="X">Where it lies along the horizontal axis.</param>
/// <param name="Y">Its value; where it stands for several, their mean.</param>
/// <param name="Low">The least of the values that it stands for.</param>
/// <param name="High">The greatest of the values that it stands for.</param>
public readonly record struct SeriesPoint(double X, double Y, double Low, double High)
{
    /// <summary>A point that stands for one value.</summary>
    public SeriesPoint(double x, double y) : this(x, y, y, y)
    {
    }
}
