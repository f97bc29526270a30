namespace TransformerXL.Analysis.Reports;

/// <summary>The horizontal axis of a loss chart.</summary>
/// <param name="Name">The name, such as "steps".</param>
/// <param name="Label">The label of the axis.</param>
/// <param name="Unit">The divisor of the values.</param>
internal sealed record LossAxis(string Name, string Label, double Unit = 1)
{
    private const double MinMinutes = 300, MinHours = 3 * 3600;

    public static LossAxis Steps { get; } = new("steps", "optimizer steps");

    public static LossAxis Tokens { get; } = new("tokens", "tokens learned from");

    /// <summary>Time in hours, minutes or seconds, depending on its length.</summary>
    /// <param name="seconds">The longest time.</param>
    public static LossAxis Time(double seconds) => seconds switch
    {
        >= MinHours => new("time", "hours of training", 3600),
        >= MinMinutes => new("time", "minutes of training", 60),
        _ => new("time", "seconds of training"),
    };

    /// <summary>Steps, tokens and time.</summary>
    public static IReadOnlyList<LossAxis> For(double seconds) => [Steps, Tokens, Time(seconds)];

    /// <summary>The points of a curve over this axis, in a unit of the loss.</summary>
    public IReadOnlyList<SeriesPoint> Map(CurveBuilder curve, LossUnit unit) =>
        [.. curve.Points.Select(point => new SeriesPoint(point.X / Unit, unit.Of(point.Y), unit.Of(point.Low), unit.Of(point.High)))];
}
