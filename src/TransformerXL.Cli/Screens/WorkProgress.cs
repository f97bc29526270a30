using System.Globalization;
using TransformerXL.Cli.Terminals;

namespace TransformerXL.Cli.Screens;

/// <summary>How far a piece of work is, with the time left at the rate so far.</summary>
internal sealed class WorkProgress(StatusLine line)
{
    /// <summary>Before this the rate tells too little.</summary>
    private static readonly TimeSpan MinTime = TimeSpan.FromSeconds(1);

    private string? _what;
    private long _begin;

    /// <summary>Shows it.</summary>
    /// <param name="what">What is done; another text begins other work, with a time of its own.</param>
    /// <param name="done">How much is done.</param>
    /// <param name="total">How much there is; 0 if nobody knows.</param>
    /// <param name="unit">What is counted, shown where the total is not known.</param>
    public void Show(string what, long done, long total, string unit = "")
    {
        if (what != _what)
        {
            (_what, _begin) = (what, line.Clock.GetTimestamp());
        }

        if (total <= 0)
        {
            line.Show($"{what}: {Figures.Count(done)}{(unit.Length == 0 ? "" : " ")}{unit}");
            return;
        }

        double share = Math.Clamp((double)done / total, 0, 1);
        TimeSpan elapsed = line.Clock.GetElapsedTime(_begin);
        string left = elapsed >= MinTime && share > 0 ? $", {Figures.Time(elapsed * ((1 - share) / share))} left" : "";
        line.Show(string.Create(CultureInfo.InvariantCulture, $"{what}: {(int)(100 * share)} %{left}"));
    }
}
