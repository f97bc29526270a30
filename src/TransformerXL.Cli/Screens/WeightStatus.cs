using TransformerXL.Cli.Terminals;
using TransformerXL.Models;

namespace TransformerXL.Cli.Screens;

/// <summary>Shows the progress of reading or writing weights.</summary>
/// <param name="line">The status line.</param>
/// <param name="what">Such as "reading the weights".</param>
internal sealed class WeightStatus(StatusLine line, string what) : IProgress<WeightProgress>
{
    private readonly WorkProgress _progress = new(line);

    public void Report(WeightProgress value) => _progress.Show(what, value.Values, value.TotalValues);
}
