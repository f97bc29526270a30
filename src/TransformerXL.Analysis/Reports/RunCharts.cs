using TransformerXL.Training;

namespace TransformerXL.Analysis.Reports;

/// <summary>The charts of a run.</summary>
internal static class RunCharts
{
    /// <summary>If maximum and minimum differ by more than this ratio, the axis is logarithmic.</summary>
    private const double WideRange = 30;

    private const int LossHeight = 320;

    private static readonly ChartAxis Steps = new(LossAxis.Steps.Label);

    /// <summary>The loss, with a switch for its unit and one for the horizontal axis.</summary>
    /// <param name="history">The history of the run.</param>
    /// <param name="units">The units of the loss.</param>
    public static SwitchedChart Loss(RunHistory history, IReadOnlyList<LossUnit> units)
    {
        IReadOnlyList<LossAxis> axes = LossAxis.For(history.Seconds);
        return new SwitchedChart
        {
            Name = "loss",
            Switches = [new ChartSwitch("Unit", 'u', [.. units.Select(one => one.Name)]), new ChartSwitch("Over", 'a', [.. axes.Select(axis => axis.Name)])],
            Chart = choice => Loss(history, units[choice[0]], axes[choice[1]], choice[1]),
            Data = LossTable(history, LossUnit.Recorded(units).Name),
        };
    }

    /// <summary>Learning rate, gradient norm and speed.</summary>
    public static IReadOnlyList<ReportPart> Training(RunHistory history, TrainingConfiguration training) =>
    [
        Single(RunFindings.LearningRate(history.LearningRate.Points), "learning rate", "learning rate", history.LearningRate),
        Single(RunFindings.GradientNorm(history.GradientNorm.Points, training.ClipNorm), "gradient norm", "gradient norm before clipping", history.GradientNorm),
        Single(RunFindings.Speed(history), "speed", "tokens per second", history.TokensPerSecond),
    ];

    /// <summary>Logarithmic if the values have very different magnitudes.</summary>
    public static AxisScale ScaleFor(IReadOnlyList<SeriesPoint> points) =>
        points.Count > 0 && points.Min(point => point.Low) is > 0 and var min && points.Max(point => point.High) / min > WideRange ? AxisScale.Logarithmic : AxisScale.Linear;

    private static LineChart Loss(RunHistory history, LossUnit unit, LossAxis axis, int over)
    {
        CurveBuilder training = Training(history, over), validation = Validation(history, over);
        IReadOnlyList<SeriesPoint> trainingPoints = axis.Map(training, unit), validationPoints = axis.Map(validation, unit);
        return new LineChart
        {
            Title = RunFindings.Loss(history, unit),
            Height = LossHeight,
            X = new ChartAxis(axis.Label),
            Y = new ChartAxis(LossUnit.IsOfLoss(unit.Name) ? $"loss ({unit.Name})" : unit.Name, ScaleFor(trainingPoints)),
            Series = [new LineSeries("training", trainingPoints), .. validationPoints.Count > 0 ? (LineSeries[])[new LineSeries("validation", validationPoints, HasMarkers: true)] : []],
            Marks = validation.ValuesPerPoint == 1 ? Best(history, unit, validationPoints) : [],
            References = history.UnigramEntropy is { } entropy ? [new ChartReference(unit.Of(entropy), unit.Name == "perplexity" ? "unigram perplexity" : "unigram entropy")] : [],
            Note = Note(training, "reports") + (validation.ValuesPerPoint > 1 ? " " + Note(validation, "validations") : ""),
        };
    }

    /// <summary>A validation curve has a point for each validation, in the same order over every axis.</summary>
    private static ChartMark[] Best(RunHistory history, LossUnit unit, IReadOnlyList<SeriesPoint> points)
    {
        if (history.Best is not { } best)
        {
            return [];
        }

        int place = history.Validation.Points.Select(point => point.X).ToList().IndexOf(best.Step);
        return place >= 0 && place < points.Count ? [new ChartMark(points[place].X, unit.Of(best.Loss), $"best: {AxisLabels.Value(unit.Of(best.Loss))}")] : [];
    }

    /// <summary>The training loss over the axis with this number.</summary>
    public static CurveBuilder Training(RunHistory history, int over) => over switch { 0 => history.Loss, 1 => history.LossByTokens, _ => history.LossBySeconds };

    /// <summary>The validation loss over the axis with this number.</summary>
    public static CurveBuilder Validation(RunHistory history, int over) => over switch { 0 => history.Validation, 1 => history.ValidationByTokens, _ => history.ValidationBySeconds };

    private static LineChart Single(string title, string name, string label, CurveBuilder curve) => new()
    {
        Title = title,
        X = Steps,
        Y = new ChartAxis(label, name == "gradient norm" ? ScaleFor(curve.Points) : AxisScale.Linear),
        Series = [new LineSeries(name, curve.Points)],
        Note = Note(curve, "reports"),
    };

    /// <summary>All losses as recorded, with steps, tokens and seconds.</summary>
    private static DataTable LossTable(RunHistory history, string unit)
    {
        bool hasBand = history.Loss.ValuesPerPoint > 1;
        string[] columns = ["steps", "tokens", "seconds", $"training ({unit})", .. hasBand ? (string[])["training, least", "training, greatest"] : [], $"validation ({unit})"];
        List<(double Step, string[] Row)> rows = [];
        Add(history.Loss, history.LossByTokens, history.LossBySeconds, point => [AxisLabels.Data(point.Y), .. hasBand ? (string[])[AxisLabels.Data(point.Low), AxisLabels.Data(point.High)] : [], ""]);
        Add(history.Validation, history.ValidationByTokens, history.ValidationBySeconds, point => ["", .. hasBand ? (string[])["", ""] : [], AxisLabels.Data(point.Y)]);
        return new DataTable(columns, [.. rows.OrderBy(row => row.Step).Select(row => row.Row)]);

        void Add(CurveBuilder steps, CurveBuilder tokens, CurveBuilder seconds, Func<SeriesPoint, string[]> values) =>
            rows.AddRange(steps.Points.Zip(tokens.Points, seconds.Points).Select(point => (point.First.X, (string[])[AxisLabels.Data(point.First.X), AxisLabels.Data(point.Second.X), AxisLabels.Data(point.Third.X), .. values(point.First)])));
    }

    private static string Note(CurveBuilder curve, string of) => curve.ValuesPerPoint == 1
        ? ""
        : $"Each point is the mean of {curve.ValuesPerPoint} consecutive {of}; the band goes from their minimum to their maximum.";
}
