using TransformerXL.Analysis.Reports;

namespace TransformerXL.Analysis.Context;

/// <summary>The charts of a comparison.</summary>
internal static class ContextCharts
{
    /// <summary>exp f(c, c) - exp f(c, c') over c' for each model.</summary>
    public static LineChart Gains(ContextComparison comparison, int fraction) => new()
    {
        Title = ContextFindings.Lengths(comparison, fraction),
        X = new ChartAxis($"context c' ({comparison.Unit}s)"),
        Y = new ChartAxis("gain in perplexity"),
        Series =
        [
            .. comparison.Models.Select(model => new LineSeries(
                model.Name, [.. model.Relative[fraction].Gains.Select(gain => new SeriesPoint(gain.To, gain.Perplexity))], HasMarkers: true)),
        ],
        Note = $"exp f(c, c) - exp f(c, c'), the gain of the context c' over the next shorter one c, at {ContextFindings.Positions(comparison.Fractions[fraction])} (r = {comparison.Fractions[fraction].ToString(System.Globalization.CultureInfo.InvariantCulture)}).",
    };

    /// <summary>Loss over c for each model.</summary>
    public static LineChart Losses(ContextComparison comparison) => new()
    {
        Title = ContextFindings.Losses(comparison),
        X = new ChartAxis($"context c ({comparison.Unit}s)"),
        Y = new ChartAxis($"loss (nats per {comparison.Unit})"),
        Series =
        [
            .. comparison.Models.Select(model => new LineSeries(
                model.Name, [.. model.Losses.Lengths.Zip(model.Losses.MeanLosses(), (length, loss) => new SeriesPoint(length, loss))], HasMarkers: true)),
        ],
    };

    /// <summary>Loss of each model by distance with the optimum below it, and the numbers for characters that do not depend on earlier ones.</summary>
    public static IReadOnlyList<ReportPart> ByDistance(ContextComparison comparison)
    {
        ContextFinding[] models = [.. comparison.Models.Where(model => model.ByDistance.Count > 0)];
        return
        [
            new LineChart
            {
                Title = string.Join("; ", models.Select(ContextFindings.NearAndFar)),
                X = new ChartAxis("distance to the answer (characters)", AxisScale.Logarithmic),
                Y = new ChartAxis("loss (bits per character)"),
                Series =
                [
                    .. models.Select(model => new LineSeries(model.Name, Points(model, own => own.Loss), HasMarkers: true)),
                    new LineSeries("optimum", Points(models[0], own => own.Optimum), HasMarkers: true),
                ],
                Note = "Characters that repeat or answer an earlier one, by the distance to it: each point is a class of distances, drawn at its maximum; classes of "
                    + $"fewer than {ContextFindings.MinCharacters} characters are left out. No model is better than the optimum on average. The whole test text, read from first to last.",
            },
            new FactTable(
                "Characters that do not depend on earlier ones: bits above the optimum",
                [.. models.SelectMany(model => model.ByDistance.Where(own => own.Maximum == 0).Select(own => (model.Name, Bits(own.Excess))))]),
        ];
    }

    private static IReadOnlyList<SeriesPoint> Points(ContextFinding model, Func<DistanceLoss, double> loss) =>
        [.. ContextFindings.Answers(model).Select(own => new SeriesPoint(own.Maximum, loss(own) / Math.Log(2)))];

    private static string Bits(double nats) => (nats / Math.Log(2)).ToString("0.000", System.Globalization.CultureInfo.InvariantCulture);
}
