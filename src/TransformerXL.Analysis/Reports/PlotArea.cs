namespace TransformerXL.Analysis.Reports;

/// <summary>
/// The picture of a chart. Positions are percentages of an area whose margins are the padding of its frame, so that it is as wide
/// as the page allows while texts, lines and markers keep their size; curves are in an inner picture of 1000 x 1000 units that
/// is stretched.
/// </summary>
internal sealed class PlotArea
{
    /// <summary>Units of the inner picture in each direction.</summary>
    public const double Units = 1000;

    private readonly MarkupWriter _markup;

    private PlotArea(MarkupWriter markup) => _markup = markup;

    /// <summary>Writes a picture.</summary>
    /// <param name="markup">The output.</param>
    /// <param name="title">The accessible name.</param>
    /// <param name="description">The accessible description.</param>
    /// <param name="height">Its height in pixels, without margins.</param>
    /// <param name="margin">The width of the longest label on the left in characters.</param>
    /// <param name="draw">Draws the contents.</param>
    public static void Write(MarkupWriter markup, string title, string description, int height, int margin, Action<PlotArea> draw)
    {
        string titleId = markup.NewId(), descriptionId = markup.NewId();
        string left = margin switch { <= 6 => "left6", <= 12 => "left12", <= 18 => "left18", _ => "left24" };
        markup.Open("div", ("class", "frame")).Open("div", ("class", "plot " + left));
        markup.Open("svg", ("width", "100%"), ("height", MarkupWriter.Number(height)), ("overflow", "visible"), ("role", "img"), ("aria-labelledby", titleId + " " + descriptionId));
        markup.Element("title", title, ("id", titleId)).Element("desc", description, ("id", descriptionId));
        draw(new PlotArea(markup));
        markup.Close().Close().Close();
    }

    /// <summary>Draws grid lines and tick labels of the horizontal axis.</summary>
    public void HorizontalAxis(ChartAxis axis, AxisRange range)
    {
        for (int i = 0; i < range.Ticks.Count; i++)
        {
            string x = MarkupWriter.Percent(range.Ticks[i].Place);
            _markup.Empty("line", ("class", "grid"), ("x1", x), ("x2", x), ("y1", "0"), ("y2", "100%"));
            _markup.Element("text", range.Ticks[i].Label, ("class", i % 2 == 0 ? "tick" : "tick spare"), ("x", x), ("y", "100%"), ("dy", "17"), ("text-anchor", "middle"));
        }

        _markup.Element("text", axis.Label, ("class", "label"), ("x", "50%"), ("y", "100%"), ("dy", "36"), ("text-anchor", "middle"));
    }

    /// <summary>Draws grid lines and tick labels of the vertical axis; the axis label is above.</summary>
    public void VerticalAxis(ChartAxis axis, AxisRange range)
    {
        foreach ((double place, string label) in range.Ticks)
        {
            string y = MarkupWriter.Percent(1 - place);
            _markup.Empty("line", ("class", "grid"), ("x1", "0"), ("x2", "100%"), ("y1", y), ("y2", y));
            _markup.Element("text", label, ("class", "tick"), ("x", "0"), ("y", y), ("dx", "-8"), ("dy", "4"), ("text-anchor", "end"));
        }

        _markup.Element("text", axis.Label, ("class", "label"), ("x", "0"), ("y", "0"), ("dy", "-12"));
    }

    /// <summary>A text at a position.</summary>
    public void Text(string text, string kind, double x, double y, double dx, double dy, string anchor = "middle") =>
        _markup.Element("text", text, ("class", kind), ("x", MarkupWriter.Percent(x)), ("y", MarkupWriter.Percent(y)), ("dx", MarkupWriter.Number(dx)), ("dy", MarkupWriter.Number(dy)), ("text-anchor", anchor));

    /// <summary>A rectangle between two positions.</summary>
    public void Rectangle(string kind, double x, double y, double width, double height) =>
        _markup.Empty("rect", ("class", kind), ("x", MarkupWriter.Percent(x)), ("y", MarkupWriter.Percent(y)), ("width", MarkupWriter.Percent(width)), ("height", MarkupWriter.Percent(height)));

    /// <summary>A line between two positions.</summary>
    public void Line(string kind, double x1, double y1, double x2, double y2) =>
        _markup.Empty("line", ("class", kind), ("x1", MarkupWriter.Percent(x1)), ("y1", MarkupWriter.Percent(y1)), ("x2", MarkupWriter.Percent(x2)), ("y2", MarkupWriter.Percent(y2)));

    /// <summary>A path in pixels around a position.</summary>
    public void Shape(string kind, string outline, double x, double y) =>
        _markup.Open("svg", ("x", MarkupWriter.Percent(x)), ("y", MarkupWriter.Percent(y)), ("overflow", "visible")).Empty("path", ("class", kind), ("d", outline)).Close();

    /// <summary>Begins the stretched picture with the given width and height in units, for <see cref="Path"/>.</summary>
    public void OpenStretched(double width = Units, double height = Units) =>
        _markup.Open("svg", ("width", "100%"), ("height", "100%"), ("viewBox", $"0 0 {MarkupWriter.Number(width)} {MarkupWriter.Number(height)}"), ("preserveAspectRatio", "none"), ("overflow", "visible"));

    /// <summary>A path in units of the stretched picture.</summary>
    public void Path(string kind, string outline) =>
        _markup.Empty("path", ("class", kind), ("vector-effect", "non-scaling-stroke"), ("d", outline));

    /// <summary>Ends the stretched picture.</summary>
    public void CloseStretched() => _markup.Close();
}
