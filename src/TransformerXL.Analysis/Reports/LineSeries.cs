namespace TransformerXL.Analysis.Reports;

/// <summary>A line of a <see cref="LineChart"/>. Where points stand for several values, a band from least to greatest lies behind it.</summary>
/// <param name="Name">What it is; shown where there are several.</param>
/// <param name="Points">Its points, from left to right.</param>
/// <param name="HasMarkers">Whether each point is marked.</param>
public sealed record LineSeries(string Name, IReadOnlyList<SeriesPoint> Points, bool HasMarkers = false)
{
    /// <summary>Whether some points stand for several values.</summary>
    internal bool HasBand => Points.Any(point => point.Low < point.High);
}
