using System.Globalization;
using System.Text;

namespace TransformerXL.Analysis.Reports;

/// <summary>Line chart: lines over a common axis.</summary>
internal sealed record LineChart : ReportPart
{
    private const int MaxTicksAcross = 7, MaxTicksUp = 6, MaxMarkers = 30;

    /// <summary>The title: the finding as a sentence: "Validation loss fell from 4.2 to 1.8 nats".</summary>
    public required string Title { get; init; }

    /// <summary>The horizontal axis.</summary>
    public required ChartAxis X { get; init; }

    /// <summary>The vertical axis.</summary>
    public required ChartAxis Y { get; init; }

    /// <summary>The lines; more than seven look alike.</summary>
    public required IReadOnlyList<LineSeries> Series { get; init; }

    /// <summary>Highlighted points.</summary>
    public IReadOnlyList<ChartMark> Marks { get; init; } = [];

    /// <summary>The height in pixels, without margins.</summary>
    internal int Height { get; init; } = 240;

    /// <summary>Levels to compare the lines with.</summary>
    public IReadOnlyList<ChartReference> References { get; init; } = [];

    /// <summary>Explanation for the reader; may be empty.</summary>
    public string Note { get; init; } = "";

    internal IReadOnlyList<(string Name, bool HasMarkers)> Legend => [.. Series.Select(series => (series.Name, series.HasMarkers))];

    internal override void Write(MarkupWriter markup)
    {
        ChartFigure figure = new() { Title = Title, Note = Note, Data = Table(), Legend = Legend };
        figure.Write(markup, WritePicture);
    }

    /// <summary>Writes the picture without title and legend.</summary>
    internal void WritePicture(MarkupWriter markup) => PlotArea.Write(markup, Title, Describe(), Height, margin: 6, Draw);

    private IEnumerable<SeriesPoint> Shown(LineSeries series) =>
        series.Points.Where(point => X.CanShow(point.X) && Y.CanShow(point.Y) && Y.CanShow(point.Low) && Y.CanShow(point.High));

    private void Draw(PlotArea area)
    {
        if (!Series.SelectMany(Shown).Any())
        {
            area.Text("no data yet", "label", 0.5, 0.5, 0, 0);
            return;
        }

        AxisRange x = AxisRange.Of(X, Series.SelectMany(Shown).Select(point => point.X), MaxTicksAcross, widen: false);
        AxisRange y = AxisRange.Of(Y, Series.SelectMany(Shown).SelectMany(point => (double[])[point.Low, point.High]).Concat(References.Select(reference => reference.Y)), MaxTicksUp, widen: true);
        area.HorizontalAxis(X, x);
        area.VerticalAxis(Y, y);
        DrawReferences(area, y);
        area.OpenStretched();
        for (int i = 0; i < Series.Count; i++)
        {
            DrawCurve(area, i, [.. Shown(Series[i])], x, y);
        }

        area.CloseStretched();
        for (int i = 0; i < Series.Count; i++)
        {
            DrawMarkers(area, i, [.. Shown(Series[i])], x, y);
        }

        DrawMarks(area, x, y);
    }

    private void DrawReferences(PlotArea area, AxisRange y)
    {
        foreach (ChartReference reference in References.Where(reference => Y.CanShow(reference.Y)))
        {
            double up = y.Place(reference.Y);
            area.Line("reference", 0, 1 - up, 1, 1 - up);
            area.Text($"{reference.Label}: {AxisLabels.Value(reference.Y)}", "callout", 1, 1 - up, 0, up > 0.9 ? 14 : -5, "end");
        }
    }

    private void DrawCurve(PlotArea area, int number, SeriesPoint[] points, AxisRange x, AxisRange y)
    {
        string look = SeriesLook.Class(number);
        if (Series[number].HasBand)
        {
            IEnumerable<(double, double)> above = points.Select(point => (x.Place(point.X), y.Place(point.High)));
            area.Path("band " + look, Outline(above.Concat(Enumerable.Reverse(points).Select(point => (x.Place(point.X), y.Place(point.Low))))) + "z");
        }

        area.Path("line " + look, Outline(points.Select(point => (x.Place(point.X), y.Place(point.Y)))));
    }

    /// <summary>A single point has no visible line, so it always gets a marker.</summary>
    private void DrawMarkers(PlotArea area, int number, SeriesPoint[] points, AxisRange x, AxisRange y)
    {
        int stride = Series[number].HasMarkers || points.Length == 1 ? (points.Length + MaxMarkers - 1) / MaxMarkers : int.MaxValue;
        for (int i = points.Length - 1; i >= 0 && stride < int.MaxValue; i -= stride)
        {
            area.Shape("mark " + SeriesLook.Class(number), SeriesLook.Marker(number), x.Place(points[i].X), 1 - y.Place(points[i].Y));
        }
    }

    private void DrawMarks(PlotArea area, AxisRange x, AxisRange y)
    {
        foreach (ChartMark mark in Marks.Where(mark => X.CanShow(mark.X) && Y.CanShow(mark.Y)))
        {
            (double across, double up) = (x.Place(mark.X), y.Place(mark.Y));
            area.Shape("ring", "M-8 0a8 8 0 1 0 16 0a8 8 0 1 0-16 0z", across, 1 - up);
            string anchor = across < 0.25 ? "start" : across > 0.75 ? "end" : "middle";
            area.Text(mark.Label, "callout", across, 1 - up, 0, up > 0.8 ? 24 : -14, anchor);
        }
    }

    private static string Outline(IEnumerable<(double X, double Y)> places)
    {
        StringBuilder outline = new();
        foreach ((double x, double y) in places)
        {
            outline.Append(outline.Length == 0 ? 'M' : 'L').Append(Unit(x)).Append(' ').Append(Unit(1 - y));
        }

        return outline.ToString();
    }

    private static string Unit(double place) => (place * PlotArea.Units).ToString("0.#", CultureInfo.InvariantCulture);

    private string Describe()
    {
        StringBuilder text = new($"Line chart of {Y.Label} over {X.Label}.");
        foreach (LineSeries series in Series)
        {
            SeriesPoint[] points = [.. Shown(series)];
            text.Append(points.Length == 0
                ? $" {series.Name}: no data."
                : $" {series.Name}: from {AxisLabels.Value(points[0].Y)} at {AxisLabels.Value(points[0].X)} to {AxisLabels.Value(points[^1].Y)} at {AxisLabels.Value(points[^1].X)}; least {AxisLabels.Value(points.Min(point => point.Low))}, greatest {AxisLabels.Value(points.Max(point => point.High))}.");
        }

        foreach (ChartReference reference in References)
        {
            text.Append($" {reference.Label}: {AxisLabels.Value(reference.Y)}.");
        }

        return text.ToString();
    }

    private DataTable Table()
    {
        SortedDictionary<double, string[]> rows = [];
        List<string> columns = [X.Label];
        foreach (LineSeries series in Series)
        {
            int first = columns.Count, width = series.HasBand ? 3 : 1;
            columns.AddRange(series.HasBand ? [series.Name + ", mean", series.Name + ", least", series.Name + ", greatest"] : [series.Name]);
            foreach (SeriesPoint point in series.Points)
            {
                string[] values = [AxisLabels.Data(point.Y), AxisLabels.Data(point.Low), AxisLabels.Data(point.High)];
                string[] row = rows.TryGetValue(point.X, out string[]? found) ? found : [AxisLabels.Data(point.X)];
                string[] longer = [.. row, .. Enumerable.Repeat("", first + width - Math.Min(row.Length, first + width))];
                values.AsSpan(0, width).CopyTo(longer.AsSpan(first));
                rows[point.X] = longer;
            }
        }

        return new DataTable(columns, [.. rows.Values.Select(row => (string[])[.. row, .. Enumerable.Repeat("", columns.Count - row.Length)])]);
    }
}
