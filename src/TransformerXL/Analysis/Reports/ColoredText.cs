using System.Globalization;

namespace TransformerXL.Analysis.Reports;

/// <summary>A text whose pieces are tinted by a value, such as the surprise of a model: the stronger, the greater.</summary>
public sealed record ColoredText : ReportPart
{
    /// <summary>Tints of the style sheet, t0 (none) to t8.</summary>
    private const int Tints = 9;

    /// <summary>What is to be seen, as a sentence.</summary>
    public required string Title { get; init; }

    /// <summary>What the values measure, with the unit.</summary>
    public required string ValueLabel { get; init; }

    /// <summary>The pieces in order.</summary>
    public required IReadOnlyList<ColoredToken> Tokens { get; init; }

    /// <summary>The value of the strongest tint; the greatest of all if null. Zero has no tint.</summary>
    public double? Strongest { get; init; }

    /// <summary>What the reader must know to read it; may be empty.</summary>
    public string Note { get; init; } = "";

    internal override void Write(MarkupWriter markup)
    {
        double strongest = Strongest ?? Tokens.Select(token => token.Value).Where(double.IsFinite).DefaultIfEmpty(0).Max();
        DataTable data = new(["token", ValueLabel], [.. Tokens.Select(token => (string[])[token.Text, AxisLabels.Data(token.Value)])]);
        new ChartFigure { Title = Title, Note = Note, Data = data }.Write(markup, _ =>
        {
            markup.Open("p", ("class", "colored"));
            foreach (ColoredToken token in Tokens)
            {
                // A line break has no width to carry a colour, so it gets a sign.
                markup.Element("span", token.Text.Replace("\n", "↵\n", StringComparison.Ordinal), ("class", Tint(token.Value, strongest)), ("title", $"{AxisLabels.Value(token.Value)} {ValueLabel}"));
            }

            markup.Close().Open("div", ("class", "scale")).Element("span", "0");
            for (int tint = 0; tint < Tints; tint++)
            {
                markup.Element("span", "\u00A0\u00A0", ("class", "t" + tint.ToString(CultureInfo.InvariantCulture)));
            }

            markup.Element("span", $"{AxisLabels.Value(strongest)} {ValueLabel}").Close();
        });
    }

    private static string Tint(double value, double strongest)
    {
        double share = double.IsFinite(value) && strongest > 0 ? Math.Clamp(value / strongest, 0, 1) : 0;
        return "t" + ((int)Math.Round(share * (Tints - 1))).ToString(CultureInfo.InvariantCulture);
    }
}
