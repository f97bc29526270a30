using System.Globalization;
using TransformerXL.Cli.Terminals;

namespace TransformerXL.Cli.Screens;

/// <summary>Shows the progress of some work, with the time left at the rate so far.</summary>
internal sealed class WorkProgress(StatusLine line)
{
    /// <summary>Before this time the rate is too uncertain.</summary>
    private static readonly TimeSpan MinTime = TimeSpan.FromSeconds(1);

    private string? _what;
    private long _begin;

    /// <summary>Shows the progress.</summary>
    /// <param name="what">The name of the work; another name restarts the clock.</param>
    /// <param name="done">The completed amount.</param>
    /// <param name="total">The total amount; 0 if unknown.</param>
    /// <param name="unit">The unit in the singular, shown if the total is unknown.</param>
    public void Show(string what, long done, long total, string unit = "")
    {
        if (what != _what)
        {
            (_what, _begin) = (what, line.Clock.GetTimestamp());
        }

        if (total <= 0)
        {
            line.Show($"{what}: {(unit.Length == 0 ? Figures.Count(done) : Figures.Count(done, unit))}");
            return;
        }

        double share = Math.Clamp((double)done / total, 0, 1);
        TimeSpan elapsed = line.Clock.GetElapsedTime(_begin);
        string left = elapsed >= MinTime && share > 0 ? $", {Figures.Time(elapsed * ((1 - share) / share))} left" : "";
        line.Show(string.Create(CultureInfo.InvariantCulture, $"{what}: {(int)(100 * share)} %{left}"));
    }
}
