namespace TransformerXL.Analysis.Reports;

/// <summary>A line of a <see cref="LineChart"/>. If points are means of several values, a band from minimum to maximum is drawn behind it.</summary>
/// <param name="Name">The name; shown if there are several lines.</param>
/// <param name="Points">Its points, from left to right.</param>
/// <param name="HasMarkers">Whether each point has a marker.</param>
internal sealed record LineSeries(string Name, IReadOnlyList<SeriesPoint> Points, bool HasMarkers = false)
{
    /// <summary>Whether some points are means of several values.</summary>
    internal bool HasBand => Points.Any(point => point.Low < point.High);
}
