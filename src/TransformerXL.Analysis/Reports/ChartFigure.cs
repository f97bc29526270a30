namespace TransformerXL.Analysis.Reports;

/// <summary>The parts that all charts have: a title that says the finding, a legend, the picture, a note, the data.</summary>
internal sealed record ChartFigure
{
    /// <summary>The title.</summary>
    public required string Title { get; init; }

    /// <summary>Explanation for the reader; may be empty.</summary>
    public required string Note { get; init; }

    /// <summary>The numbers.</summary>
    public required DataTable Data { get; init; }

    /// <summary>Names of lines in the order of their colours, and whether they have markers; written if there are several.</summary>
    public IReadOnlyList<(string Name, bool HasMarkers)> Legend { get; init; } = [];

    /// <summary>Writes the figure around the picture that <paramref name="picture"/> writes.</summary>
    public void Write(MarkupWriter markup, Action<MarkupWriter> picture)
    {
        markup.Line().Open("figure", ("class", "chart")).Element("figcaption", Title);
        WriteLegend(markup, Legend);
        picture(markup);
        if (Note.Length > 0)
        {
            markup.Element("p", Note, ("class", "note"));
        }

        Data.Write(markup);
        markup.Close().Line();
    }

    /// <summary>Writes each name with a sample of its line, if there are several.</summary>
    public static void WriteLegend(MarkupWriter markup, IReadOnlyList<(string Name, bool HasMarkers)> legend)
    {
        if (legend.Count < 2)
        {
            return;
        }

        markup.Open("ul", ("class", "legend"));
        for (int i = 0; i < legend.Count; i++)
        {
            string line = SeriesLook.Class(i);
            markup.Open("li").Open("svg", ("class", "key"), ("width", "34"), ("height", "12"), ("aria-hidden", "true"));
            markup.Empty("path", ("class", "line " + line), ("d", "M0 6H34"));
            if (legend[i].HasMarkers)
            {
                markup.Open("svg", ("x", "17"), ("y", "6"), ("overflow", "visible")).Empty("path", ("class", "mark " + line), ("d", SeriesLook.Marker(i))).Close();
            }

            markup.Close().Text(legend[i].Name).Close();
        }

        markup.Close();
    }
}
