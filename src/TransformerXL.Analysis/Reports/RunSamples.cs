using System.Globalization;

namespace TransformerXL.Analysis.Reports;

/// <summary>Samples of the model at validations.</summary>
internal static class RunSamples
{
    private const int MaxCharacters = 4000;

    /// <summary>The last text is open, earlier ones are collapsed.</summary>
    public static IReadOnlyList<ReportPart> Of(RunHistory history)
    {
        IReadOnlyList<(long Step, string Text)> samples = history.Samples;
        return [.. samples.Select((sample, i) => new TextSample(
            string.Create(CultureInfo.InvariantCulture, $"Written at step {sample.Step:N0}"),
            DisplayText.Shorten(sample.Text, MaxCharacters),
            IsOpen: i == samples.Count - 1))];
    }
}
