using System.Globalization;
using System.Text;
using TransformerXL.Files;

namespace TransformerXL.Analysis.Reports;

/// <summary>A matrix of values as colours, such as the attention of each query (row) to each key (column).</summary>
internal sealed record HeatMap : ReportPart
{
    private const int MaxLabel = 16, MaxRowLabels = 40, MaxColumnLabels = 8, MinHeight = 120, MaxHeight = 640, RowHeight = 18;

    /// <summary>The title: the finding as a sentence.</summary>
    public required string Title { get; init; }

    /// <summary>The label of the values, with the unit.</summary>
    public required string ValueLabel { get; init; }

    /// <summary>The label of the columns.</summary>
    public required string ColumnLabel { get; init; }

    /// <summary>The label of the rows.</summary>
    public required string RowLabel { get; init; }

    /// <summary>Names of the columns, from left to right.</summary>
    public required IReadOnlyList<string> Columns { get; init; }

    /// <summary>Names of the rows, from top to bottom.</summary>
    public required IReadOnlyList<string> Rows { get; init; }

    /// <summary>Values row by row, (rows, columns); a cell that is not finite stays empty.</summary>
    public required IReadOnlyList<double> Values { get; init; }

    /// <summary>The colours; from dark at the minimum to light at the maximum if null.</summary>
    public ColorScale? Scale { get; init; }

    /// <summary>Explanation for the reader; may be empty.</summary>
    public string Note { get; init; } = "";

    internal override void Write(MarkupWriter markup)
    {
        if (Values.Count != Rows.Count * Columns.Count)
        {
            throw new InvalidOperationException($"a heat map of {Rows.Count} rows and {Columns.Count} columns has {Values.Count} values");
        }

        double[] finite = [.. Values.Where(double.IsFinite).DefaultIfEmpty(0)];
        ColorScale scale = Scale ?? ColorScale.Sequential(finite.Min(), finite.Max());
        int margin = Rows.Select(row => Math.Min(row.Length, MaxLabel)).DefaultIfEmpty(0).Max();
        int height = Math.Clamp(Rows.Count * RowHeight, MinHeight, MaxHeight);
        string description = $"Heat map of {ValueLabel}: {Counted.Of(Rows.Count, "row")} ({RowLabel}), {Counted.Of(Columns.Count, "column")} ({ColumnLabel}), from {AxisLabels.Value(finite.Min())} to {AxisLabels.Value(finite.Max())}.";
        new ChartFigure { Title = Title, Note = Note, Data = Table() }.Write(markup, _ =>
        {
            PlotArea.Write(markup, Title, description, height, margin, area => Draw(area, scale));
            WriteKey(markup, scale);
        });
    }

    private void Draw(PlotArea area, ColorScale scale)
    {
        area.Text(RowLabel, "label", 0, 0, 0, -12, "start");
        area.Text(ColumnLabel, "label", 0.5, 1, 0, 36);
        if (Rows.Count == 0 || Columns.Count == 0)
        {
            return;
        }

        area.OpenStretched(Columns.Count, Rows.Count);
        string[] outlines = Outlines(scale);
        for (int level = 0; level < outlines.Length; level++)
        {
            if (outlines[level].Length > 0)
            {
                area.Path("cells " + scale.Class(level), outlines[level]);
            }
        }

        area.CloseStretched();
        WriteNames(Rows, MaxRowLabels, (name, place, _) => area.Text(name, "tick", 0, place, -8, 4, "end"));
        WriteNames(Columns, MaxColumnLabels, (name, place, number) => area.Text(name, number % 2 == 0 ? "tick" : "tick spare", place, 1, 0, 17));
    }

    /// <summary>One outline for each colour: a rectangle for each run of cells of that colour in a row.</summary>
    private string[] Outlines(ColorScale scale)
    {
        StringBuilder[] outlines = [.. Enumerable.Range(0, ColorScale.Levels).Select(_ => new StringBuilder())];
        for (int row = 0; row < Rows.Count; row++)
        {
            for (int first = 0, end; first < Columns.Count; first = end)
            {
                int? level = LevelAt(row, first);
                for (end = first + 1; end < Columns.Count && LevelAt(row, end) == level; end++)
                {
                }

                if (level is { } filled)
                {
                    outlines[filled].Append(CultureInfo.InvariantCulture, $"M{first} {row}h{end - first}v1h-{end - first}z");
                }
            }
        }

        return [.. outlines.Select(outline => outline.ToString())];

        int? LevelAt(int row, int column) => Values[(row * Columns.Count) + column] is var value && double.IsFinite(value) ? scale.Level(value) : null;
    }

    /// <summary>Names of rows or columns; only each n-th if there are many.</summary>
    private static void WriteNames(IReadOnlyList<string> names, int max, Action<string, double, int> write)
    {
        int stride = (names.Count + max - 1) / max;
        for (int i = 0; i < names.Count; i += stride)
        {
            write(DisplayText.Shorten(names[i], MaxLabel), (i + 0.5) / names.Count, i / stride);
        }
    }

    private void WriteKey(MarkupWriter markup, ColorScale scale)
    {
        markup.Open("div", ("class", "scale")).Element("span", AxisLabels.Value(scale.Minimum));
        markup.Open("svg", ("width", "160"), ("height", "12"), ("aria-hidden", "true"));
        for (int level = 0; level < ColorScale.Levels; level++)
        {
            const int width = 160 / ColorScale.Levels;
            markup.Empty("rect", ("x", MarkupWriter.Number(level * width)), ("width", MarkupWriter.Number(width)), ("height", "12"), ("class", scale.Class(level)), ("shape-rendering", "crispEdges"));
        }

        markup.Close().Element("span", $"{AxisLabels.Value(scale.Maximum)} {ValueLabel}").Close();
    }

    private DataTable Table() => new(
        [RowLabel, .. Columns],
        [.. Rows.Select((name, row) => (string[])[name, .. Enumerable.Range(row * Columns.Count, Columns.Count).Select(i => Values[i].ToString("G4", CultureInfo.InvariantCulture))])]);
}
