using System.Globalization;
using TransformerXL.Cli.Terminals;
using TransformerXL.Inference;

namespace TransformerXL.Cli.Screens;

/// <summary>Shows the progress of an evaluation, with the time left.</summary>
internal sealed class EvaluationStatus(StatusLine line, string unit, string what = "evaluating") : IProgress<EvaluationProgress>
{
    public void Report(EvaluationProgress value)
    {
        TimeSpan left = value.Elapsed * ((double)(value.TotalSegments - value.Segments) / value.Segments);
        int percent = (int)(100L * value.Segments / value.TotalSegments);
        line.Show(string.Create(
            CultureInfo.InvariantCulture,
            $"{what}: {percent} %, {LossText.Measure(value.MeanNll, unit, value.BytesPerToken)} so far, {Figures.Rate(value.TokensPerSecond)} tokens/s, {Figures.Time(left)} left"));
    }
}
