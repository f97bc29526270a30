using System.Globalization;
using TransformerXL.Training.Records;

namespace TransformerXL.Analysis.Reports;

/// <summary>The findings of a run's curves in sentences.</summary>
internal static class RunFindings
{
    /// <summary>Smaller relative changes are not mentioned.</summary>
    private const double MinChange = 0.005;

    public static string Summary(RunHistory history, LossMeasure measure, long steps)
    {
        if (history.Step == 0)
        {
            return "No step has been reported yet.";
        }

        string took = string.Create(
            CultureInfo.InvariantCulture,
            $"{history.Step:N0} of {steps:N0} steps, {AxisLabels.Value(history.Tokens)} tokens in {Time(history.Seconds)}. ");
        return took + (history.Best is { } best
            ? string.Create(CultureInfo.InvariantCulture, $"The best validation loss is {best.Loss:0.000} nats per token ({measure.Name}: {measure.Of(best.Loss):0.000}), at step {best.Step:N0}.")
            : "There was no validation yet.");
    }

    /// <summary>The course of the loss, in a unit.</summary>
    public static string Loss(RunHistory history, LossUnit unit)
    {
        (string name, string after) = LossUnit.IsOfLoss(unit.Name) ? ("loss", " " + unit.Name) : (unit.Name, "");
        Func<double, double> of = unit.Of;
        if (history.ValidationEnds is { } validation && history.Best is { } best)
        {
            if (history.Validation.Points.Count == 1)
            {
                return string.Create(CultureInfo.InvariantCulture, $"Validation {name} was {of(best.Loss):0.000}{after} at step {best.Step:N0}");
            }

            string end = validation.Last > best.Loss * (1 + MinChange) ? string.Create(CultureInfo.InvariantCulture, $" (the last is {of(validation.Last):0.000})") : "";
            return string.Create(CultureInfo.InvariantCulture, $"Validation {name} {Change(of(validation.First), of(best.Loss))}{after}; best at step {best.Step:N0}{end}");
        }

        IReadOnlyList<SeriesPoint> points = history.Loss.Points;
        return points.Count == 0 ? $"No {name} yet" : $"Training {name} {Change(of(points[0].Y), of(points[^1].Y))}{after}";
    }

    public static string LearningRate(IReadOnlyList<SeriesPoint> points)
    {
        if (points.Count == 0)
        {
            return "No learning rate yet";
        }

        SeriesPoint highest = points.MaxBy(point => point.High);
        return highest.High <= points.Min(point => point.Low) * (1 + MinChange)
            ? $"Learning rate is {AxisLabels.Value(highest.High)} throughout"
            : string.Create(CultureInfo.InvariantCulture, $"Learning rate is highest at step {highest.X:N0} with {AxisLabels.Value(highest.High)}, and {AxisLabels.Value(points[^1].Y)} at the end");
    }

    public static string GradientNorm(IReadOnlyList<SeriesPoint> points, double clipNorm)
    {
        if (points.Count == 0)
        {
            return "No gradient norm yet";
        }

        SeriesPoint highest = points.MaxBy(point => point.High);
        string limit = clipNorm > 0 ? $"; it is clipped at {AxisLabels.Value(clipNorm)}" : "; it is not clipped";
        return string.Create(CultureInfo.InvariantCulture, $"Gradient norm {Change(points[0].Y, points[^1].Y)}, {AxisLabels.Value(highest.High)} at most (about step {highest.X:N0}){limit}");
    }

    public static string Speed(RunHistory history) => history.Seconds > 0
        ? string.Create(CultureInfo.InvariantCulture, $"{history.Tokens / history.Seconds:N0} tokens per second on average")
        : "No speed yet";

    /// <summary>1:02:03 or 2:03; with days if it is long.</summary>
    public static string Time(double seconds)
    {
        TimeSpan time = TimeSpan.FromSeconds(Math.Clamp(seconds, 0, 1e9));
        string clock = time.ToString(@"h\:mm\:ss", CultureInfo.InvariantCulture);
        return time.TotalDays >= 1 ? string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalDays} days and {clock}") : clock;
    }

    private static string Change(double from, double to)
    {
        string verb = Math.Abs(to - from) <= MinChange * Math.Abs(from) ? "stayed near" : to < from ? "fell from" : "rose from";
        return verb == "stayed near" ? $"{verb} {AxisLabels.Value(to)}" : $"{verb} {AxisLabels.Value(from)} to {AxisLabels.Value(to)}";
    }
}
