namespace TransformerXL.Analysis.Reports;

/// <summary>What a loss is drawn over.</summary>
/// <param name="Name">Such as "steps".</param>
/// <param name="Label">The label of the axis.</param>
/// <param name="Unit">What a value is divided by.</param>
internal sealed record LossAxis(string Name, string Label, double Unit = 1)
{
    private const double MinMinutes = 300, MinHours = 3 * 3600;

    public static LossAxis Steps { get; } = new("steps", "optimizer steps");

    public static LossAxis Tokens { get; } = new("tokens", "tokens learned from");

    /// <summary>Time in a unit in which the numbers stay small.</summary>
    /// <param name="seconds">The longest time.</param>
    public static LossAxis Time(double seconds) => seconds switch
    {
        >= MinHours => new("time", "hours of training", 3600),
        >= MinMinutes => new("time", "minutes of training", 60),
        _ => new("time", "seconds of training"),
    };

    /// <summary>Steps, tokens and time.</summary>
    public static IReadOnlyList<LossAxis> For(double seconds) => [Steps, Tokens, Time(seconds)];

    /// <summary>Points over this axis, in a unit.</summary>
    public IReadOnlyList<SeriesPoint> Map(CurveBuilder curve, LossUnit unit) =>
        [.. curve.Points.Select(point => new SeriesPoint(point.X / Unit, unit.Of(point.Y), unit.Of(point.Low), unit.Of(point.High)))];
}
