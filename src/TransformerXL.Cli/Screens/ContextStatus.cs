using System.Globalization;
using TransformerXL.Analysis.Context;
using TransformerXL.Cli.Terminals;

namespace TransformerXL.Cli.Screens;

/// <summary>Shows the progress of a measurement over contexts, with the time left.</summary>
internal sealed class ContextStatus(StatusLine line, string what) : IProgress<ContextProgress>
{
    public void Report(ContextProgress value)
    {
        double rate = value.Tokens / Math.Max(value.Elapsed.TotalSeconds, 1e-9);
        line.Show(string.Create(
            CultureInfo.InvariantCulture,
            $"{value.Name}, {what}: {100 * value.Tokens / value.TotalTokens} %, {Figures.Rate(rate)} tokens/s, {Figures.Time(value.TimeLeft)} left"));
    }
}
