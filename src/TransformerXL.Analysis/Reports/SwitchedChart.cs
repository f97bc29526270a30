namespace TransformerXL.Analysis.Reports;

/// <summary>
/// One chart in several units or over several axes; the reader chooses one. All variants are on the page and the style sheet
/// hides the others, so that it works without scripts; the script only remembers the choice.
/// </summary>
internal sealed record SwitchedChart : ReportPart
{
    /// <summary>An id that is unique in the page and stays the same when the page is rewritten.</summary>
    public required string Name { get; init; }

    /// <summary>The switches; a switch with one choice is not shown.</summary>
    public required IReadOnlyList<ChartSwitch> Switches { get; init; }

    /// <summary>The chart for a choice of each switch. All have the same lines.</summary>
    public required Func<IReadOnlyList<int>, LineChart> Chart { get; init; }

    /// <summary>The numbers.</summary>
    public required DataTable Data { get; init; }

    internal override void Write(MarkupWriter markup)
    {
        (string Class, LineChart Chart)[] variants = [.. Combinations(0).Select(choice => (Class(choice), Chart(choice)))];
        markup.Line().Open("figure", ("class", "chart switched")).Open("figcaption");
        foreach ((string name, LineChart chart) in variants)
        {
            markup.Element("span", chart.Title, ("class", name));
        }

        markup.Close().Line();
        WriteSwitches(markup);
        ChartFigure.WriteLegend(markup, variants[0].Chart.Legend);
        foreach ((string name, LineChart chart) in variants)
        {
            markup.Line().Open("div", ("class", name));
            chart.WritePicture(markup);
            if (chart.Note.Length > 0)
            {
                markup.Element("p", chart.Note, ("class", "note"));
            }

            markup.Close();
        }

        Data.Write(markup);
        markup.Close().Line();
    }

    private void WriteSwitches(MarkupWriter markup)
    {
        markup.Open("div", ("class", "switches"));
        foreach (ChartSwitch choice in Switches.Where(choice => choice.Choices.Count > 1))
        {
            markup.Open("fieldset").Element("legend", choice.Name);
            for (int i = 0; i < choice.Choices.Count; i++)
            {
                markup.Open("label").Empty(
                    "input",
                    ("type", "radio"),
                    ("name", $"{Name}-{choice.Key}"),
                    ("value", choice.Choices[i]),
                    ("class", choice.ButtonClass(i)),
                    ("checked", i == 0 ? "checked" : null));
                markup.Element("span", choice.Choices[i]).Close();
            }

            markup.Close();
        }

        markup.Close().Line();
    }

    private string Class(int[] choice) => string.Join(' ', Switches.Select((one, i) => one.Class(choice[i])));

    private IEnumerable<int[]> Combinations(int first) => first == Switches.Count
        ? [[]]
        : Enumerable.Range(0, Switches[first].Choices.Count).SelectMany(choice => Combinations(first + 1).Select(rest => (int[])[choice, .. rest]));
}
