using System.Globalization;

namespace TransformerXL.Analysis.Reports;

/// <summary>The chart of several runs.</summary>
internal static class RunsCharts
{
    private const int Height = 380, MaxLooks = 7;
    private static readonly string[] s_losses = ["validation", "training"];

    /// <summary>The losses of all runs in one chart, with switches for the text, the unit and the horizontal axis.</summary>
    public static SwitchedChart Losses(IReadOnlyList<RunCurves> runs)
    {
        string[] units = Units(runs);
        IReadOnlyList<LossAxis> axes = LossAxis.For(runs.Max(run => run.History.Seconds));
        return new SwitchedChart
        {
            Name = "losses",
            Switches = [new ChartSwitch("Loss on", 'v', s_losses), new ChartSwitch("Unit", 'u', units), new ChartSwitch("Over", 'a', [.. axes.Select(axis => axis.Name)])],
            Chart = choice => Chart(runs, choice[0] == 0, units[choice[1]], axes[choice[2]], choice[2]),
            Data = Table(runs),
        };
    }

    /// <summary>
    /// The units that all runs have: the usual one of the first run first; if vocabularies differ, comparable units come first.
    /// </summary>
    public static string[] Units(IReadOnlyList<RunCurves> runs)
    {
        bool differ = HaveOtherTokens(runs);
        return [.. runs[0].Units.Select(unit => unit.Name)
            .Where(name => runs.All(run => run.Units.Any(unit => unit.Name == name)))
            .OrderBy(name => differ && IsPerToken(name) ? 1 : 0)
            .Take(ChartSwitch.MaxChoices)];
    }

    /// <summary>Whether losses of the runs in a unit can be ranked.</summary>
    public static bool CanCompare(IReadOnlyList<RunCurves> runs, string unit) => !(IsPerToken(unit) && HaveOtherTokens(runs));

    private static bool HaveOtherTokens(IReadOnlyList<RunCurves> runs) =>
        runs.Select(run => (run.Units[0].Name, run.Configuration.Model.VocabularySize)).Distinct().Count() > 1;

    private static bool IsPerToken(string unit) => unit == LossUnit.Nats.Name || unit == "perplexity";

    private static LineChart Chart(IReadOnlyList<RunCurves> runs, bool validation, string unit, LossAxis axis, int over)
    {
        LineSeries[] series = [.. runs.Select(run => new LineSeries(run.Name, Points(run, validation, unit, axis, over), HasMarkers: validation))];
        return new LineChart
        {
            Title = Finding(runs, validation, unit),
            Height = Height,
            X = new ChartAxis(axis.Label),
            Y = new ChartAxis(LossUnit.IsOfLoss(unit) ? $"loss ({unit})" : unit, RunCharts.ScaleFor([.. series.SelectMany(one => one.Points)])),
            Series = series,
            Note = Note(runs, unit),
        };
    }

    private static string Note(IReadOnlyList<RunCurves> runs, string unit)
    {
        string looks = runs.Count > MaxLooks ? $"After {MaxLooks} runs colours and markers repeat. " : "";
        string tokens = CanCompare(runs, unit) ? "" : "The runs have different vocabularies, so losses per token cannot be compared.";
        return (looks + tokens).TrimEnd();
    }

    private static SeriesPoint[] Points(RunCurves run, bool validation, string unit, LossAxis axis, int over) =>
        [.. axis.Map(validation ? RunCharts.Validation(run.History, over) : RunCharts.Training(run.History, over), run.Unit(unit)).Select(point => new SeriesPoint(point.X, point.Y))];

    private static string Finding(IReadOnlyList<RunCurves> runs, bool validation, string unit)
    {
        (RunCurves Run, double Loss)[] losses = [.. runs.Select(run => (Run: run, Loss: Lowest(run, validation, unit))).Where(pair => double.IsFinite(pair.Loss)).OrderBy(pair => pair.Loss)];
        string of = validation ? "validation" : "training";
        (string name, string after) = LossUnit.IsOfLoss(unit) ? ("loss", " " + unit) : (unit, "");
        return losses.Length == 0
            ? $"No {of} loss yet"
            : !CanCompare(runs, unit) ? $"The {of} {name} of each run{(after.Length == 0 ? "" : ", in" + after)}"
            : string.Create(CultureInfo.InvariantCulture, $"Lowest {of} {name}: {losses[0].Loss:0.000}{after}, {losses[0].Run.Name}");
    }

    private static double Lowest(RunCurves run, bool validation, string unit)
    {
        IReadOnlyList<SeriesPoint> points = run.History.Loss.Points;
        double nats = validation ? run.History.Best?.Loss ?? double.NaN : points.Count > 0 ? points.Min(point => point.Y) : double.NaN;
        return run.Unit(unit).Of(nats);
    }

    private static DataTable Table(IReadOnlyList<RunCurves> runs)
    {
        List<string[]> rows = [];
        foreach (RunCurves run in runs)
        {
            Add(run, s_losses[1], run.History.Loss, run.History.LossByTokens, run.History.LossBySeconds);
            Add(run, s_losses[0], run.History.Validation, run.History.ValidationByTokens, run.History.ValidationBySeconds);
        }

        return new DataTable(["run", "text", "steps", "tokens", "seconds", $"loss ({LossUnit.Recorded(runs[0].Units).Name})"], rows);

        void Add(RunCurves run, string text, CurveBuilder steps, CurveBuilder tokens, CurveBuilder seconds) => rows.AddRange(steps.Points.Zip(tokens.Points, seconds.Points)
            .Select(point => (string[])[run.Name, text, AxisLabels.Data(point.First.X), AxisLabels.Data(point.Second.X), AxisLabels.Data(point.Third.X), AxisLabels.Data(point.First.Y)]));
    }
}
