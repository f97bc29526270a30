using TransformerXL.Cli.Terminals;
using TransformerXL.Models;

namespace TransformerXL.Cli.Screens;

/// <summary>How far the reading or writing of weights is.</summary>
/// <param name="line">Where it is shown.</param>
/// <param name="what">Such as "reading the weights".</param>
internal sealed class WeightStatus(StatusLine line, string what) : IProgress<WeightProgress>
{
    private readonly WorkProgress _progress = new(line);

    public void Report(WeightProgress value) => _progress.Show(what, value.Values, value.TotalValues);
}
