using TransformerXL.Training;
using TransformerXL.Training.Records;

namespace TransformerXL.Analysis.Reports;

/// <summary>The charts of a run.</summary>
internal static class RunCharts
{
    /// <summary>From this ratio of greatest to least on, an axis of ratios shows more.</summary>
    private const double WideRange = 30;

    private static readonly ChartAxis Steps = new("optimizer steps"), Tokens = new("tokens learned from");

    /// <summary>The loss in nats and in its measure, over steps and over tokens.</summary>
    public static IReadOnlyList<ReportPart> Losses(RunHistory history, LossMeasure measure) =>
    [
        Loss(history, "loss", "nats per token", nats => nats, byTokens: false),
        Loss(history, "loss", "nats per token", nats => nats, byTokens: true),
        Loss(history, measure.Name, "", measure.Of, byTokens: false),
        Loss(history, measure.Name, "", measure.Of, byTokens: true),
    ];

    /// <summary>Learning rate, gradient norm and speed.</summary>
    public static IReadOnlyList<ReportPart> Training(RunHistory history, TrainingConfiguration training) =>
    [
        Single(RunFindings.LearningRate(history.LearningRate.Points), "learning rate", "learning rate", history.LearningRate),
        Single(RunFindings.GradientNorm(history.GradientNorm.Points, training.ClipNorm), "gradient norm", "gradient norm before clipping", history.GradientNorm),
        Single(RunFindings.Speed(history), "speed", "tokens per second", history.TokensPerSecond),
    ];

    private static LineChart Loss(RunHistory history, string name, string unit, Func<double, double> of, bool byTokens)
    {
        CurveBuilder training = byTokens ? history.LossByTokens : history.Loss, validation = byTokens ? history.ValidationByTokens : history.Validation;
        IReadOnlyList<SeriesPoint> trainingPoints = Map(training, of), validationPoints = Map(validation, of);
        ChartMark[] marks = history.Best is { } best
            ? [new ChartMark(byTokens ? XOf(history, best.Step) : best.Step, of(best.Loss), $"best: {AxisLabels.Value(of(best.Loss))}")]
            : [];
        return new LineChart
        {
            Title = RunFindings.Loss(history, name, unit, of) + (byTokens ? ", over tokens" : ""),
            X = byTokens ? Tokens : Steps,
            Y = new ChartAxis(unit.Length > 0 ? $"{name} ({unit})" : name, ScaleFor(trainingPoints)),
            Series = [new LineSeries("training", trainingPoints), .. validationPoints.Count > 0 ? (LineSeries[])[new LineSeries("validation", validationPoints, HasMarkers: true)] : []],
            Marks = validation.ValuesPerPoint == 1 ? marks : [],
            Note = Note(training, "reports") + (validation.ValuesPerPoint > 1 ? " " + Note(validation, "validations") : ""),
        };
    }

    private static LineChart Single(string title, string name, string label, CurveBuilder curve) => new()
    {
        Title = title,
        X = Steps,
        Y = new ChartAxis(label, name == "gradient norm" ? ScaleFor(curve.Points) : AxisScale.Linear),
        Series = [new LineSeries(name, curve.Points)],
        Note = Note(curve, "reports"),
    };

    private static double XOf(RunHistory history, long step) => history.Step > 0 ? history.Tokens * step / history.Step : step;

    private static IReadOnlyList<SeriesPoint> Map(CurveBuilder curve, Func<double, double> of) =>
        [.. curve.Points.Select(point => new SeriesPoint(point.X, of(point.Y), of(point.Low), of(point.High)))];

    private static AxisScale ScaleFor(IReadOnlyList<SeriesPoint> points) =>
        points.Count > 0 && points.Min(point => point.Low) is > 0 and var least && points.Max(point => point.High) / least > WideRange ? AxisScale.Logarithmic : AxisScale.Linear;

    private static string Note(CurveBuilder curve, string of) => curve.ValuesPerPoint == 1
        ? ""
        : $"Each point is the mean of {curve.ValuesPerPoint} {of} that follow each other; the band goes from the least to the greatest of them.";
}
