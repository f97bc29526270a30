using System.Globalization;

namespace TransformerXL.Analysis.Reports;

/// <summary>
/// A text whose pieces are tinted by a value, such as the surprisal of a model: the tint is stronger farther from zero, with
/// another colour below zero. Details of a piece are shown on hover, or on tap where scripts run.
/// </summary>
internal sealed record ColoredText : ReportPart
{
    /// <summary>Tints of the style sheet, t0 (none) to t8, and n1 to n8 below zero.</summary>
    private const int Tints = 9;

    /// <summary>The title: the finding as a sentence.</summary>
    public required string Title { get; init; }

    /// <summary>The label of the values, with the unit.</summary>
    public required string ValueLabel { get; init; }

    /// <summary>The pieces in order.</summary>
    public required IReadOnlyList<ColoredToken> Tokens { get; init; }

    /// <summary>The value of the strongest tint; the largest absolute value if null. Zero has no tint.</summary>
    public double? Strongest { get; init; }

    /// <summary>Explanation for the reader; may be empty.</summary>
    public string Note { get; init; } = "";

    internal override void Write(MarkupWriter markup)
    {
        double strongest = Strongest ?? Tokens.Select(token => Math.Abs(token.Value)).Where(double.IsFinite).DefaultIfEmpty(0).Max();
        DataTable data = new(["token", ValueLabel], [.. Tokens.Where(token => !double.IsNaN(token.Value)).Select(token => (string[])[token.Text, AxisLabels.Data(token.Value)])]);
        new ChartFigure { Title = Title, Note = Note, Data = data }.Write(markup, _ =>
        {
            markup.Open("p", ("class", "colored"), ("dir", "auto"));
            foreach (ColoredToken token in Tokens)
            {
                string look = Tint(token.Value, strongest) + (token.IsMarked ? " marked" : "");
                markup.Element("span", Visible(token.Text), ("class", look), ("title", token.Detail ?? $"{AxisLabels.Value(token.Value)} {ValueLabel}"));
            }

            markup.Close();
            WriteKey(markup, strongest);
        });
    }

    private void WriteKey(MarkupWriter markup, double strongest)
    {
        int first = Tokens.Any(token => token.Value < 0) ? 1 - Tints : 0;
        markup.Open("div", ("class", "scale")).Element("span", first < 0 ? AxisLabels.Value(-strongest) : "0");
        for (int tint = first; tint < Tints; tint++)
        {
            markup.Element("span", "\u00A0\u00A0", ("class", Class(tint)));
        }

        markup.Element("span", $"{AxisLabels.Value(strongest)} {ValueLabel}").Close();
    }

    /// <summary>Line breaks and tabs have no visible width that could be coloured, so they are shown as a symbol.</summary>
    private static string Visible(string text) => text.Replace("\n", "↵\n", StringComparison.Ordinal).Replace("\t", "→\t", StringComparison.Ordinal);

    private static string Tint(double value, double strongest)
    {
        double share = double.IsFinite(value) && strongest > 0 ? Math.Clamp(value / strongest, -1, 1) : 0;
        return Class((int)Math.Round(share * (Tints - 1)));
    }

    private static string Class(int tint) => (tint < 0 ? "n" : "t") + Math.Abs(tint).ToString(CultureInfo.InvariantCulture);
}
