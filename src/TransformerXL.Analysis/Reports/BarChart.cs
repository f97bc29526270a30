namespace TransformerXL.Analysis.Reports;

/// <summary>Horizontal bars, so that their names can be read; all begin at zero.</summary>
internal sealed record BarChart : ReportPart
{
    private const int BarHeight = 30, MaxTicks = 6, MaxLabel = 26;

    private const double Thickness = 0.64;

    /// <summary>The title: the finding as a sentence.</summary>
    public required string Title { get; init; }

    /// <summary>The label of the values, with the unit.</summary>
    public required string ValueLabel { get; init; }

    /// <summary>The label of the categories.</summary>
    public required string CategoryLabel { get; init; }

    /// <summary>The bars, from top to bottom.</summary>
    public required IReadOnlyList<Bar> Bars { get; init; }

    /// <summary>Explanation for the reader; may be empty.</summary>
    public string Note { get; init; } = "";

    internal override void Write(MarkupWriter markup)
    {
        DataTable data = new([CategoryLabel, ValueLabel], [.. Bars.Select(bar => (string[])[bar.Label, AxisLabels.Data(bar.Value)])]);
        int margin = Bars.Select(bar => Math.Min(bar.Label.Length, MaxLabel)).DefaultIfEmpty(0).Max();
        string description = $"Bar chart of {ValueLabel} by {CategoryLabel}. " + string.Join("; ", Bars.Take(20).Select(bar => $"{bar.Label}: {AxisLabels.Value(bar.Value)}"));
        new ChartFigure { Title = Title, Note = Note, Data = data }
            .Write(markup, _ => PlotArea.Write(markup, Title, description, BarHeight * Math.Max(1, Bars.Count), margin, Draw));
    }

    private void Draw(PlotArea area)
    {
        ChartAxis axis = new(ValueLabel);
        AxisRange range = AxisRange.Of(axis, Bars.Select(bar => bar.Value), MaxTicks, widen: true, withZero: true);
        area.HorizontalAxis(axis, range);
        double zero = range.Place(0), row = 1.0 / Math.Max(1, Bars.Count);
        for (int i = 0; i < Bars.Count; i++)
        {
            Bar bar = Bars[i];
            double middle = (i + 0.5) * row;
            area.Text(DisplayText.Shorten(bar.Label, MaxLabel), "tick", 0, middle, -8, 4, "end");
            if (!axis.CanShow(bar.Value))
            {
                area.Text("no value", "value", zero, middle, 6, 4, "start");
                continue;
            }

            double end = range.Place(bar.Value);
            area.Rectangle(bar.IsHighlighted ? "bar s1" : "bar s0", Math.Min(zero, end), middle - (row * Thickness / 2), Math.Abs(end - zero), row * Thickness);

            // The value is after the end of the bar, or inside if there is no room after it.
            bool inside = Math.Abs(end - zero) > 0.7;
            bool toTheRight = bar.Value >= 0 != inside;
            area.Text(AxisLabels.Value(bar.Value), inside ? "value inside" : "value", end, middle, toTheRight ? 6 : -6, 4, toTheRight ? "start" : "end");
        }

        area.Line("zero", zero, 0, zero, 1);
    }
}
