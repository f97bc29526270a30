using System.Globalization;
using TransformerXL.Inference;

namespace TransformerXL.Cli.Screens;

/// <summary>How fast a text was read and written.</summary>
internal sealed class GenerationStatistics(TimeProvider clock) : IProgress<GenerationReport>
{
    private readonly long _begin = clock.GetTimestamp();
    private long? _promptRead;
    private GenerationReport? _report;

    public void Report(GenerationReport value)
    {
        _promptRead ??= clock.GetTimestamp();
        _report = value;
    }

    /// <summary>One line.</summary>
    /// <param name="unit">What a token is.</param>
    /// <param name="seed">What repeats the text.</param>
    public string Describe(string unit, ulong seed)
    {
        if (_report is not { } report || _promptRead is not { } read)
        {
            return "stopped while reading the prompt";
        }

        double seconds = clock.GetElapsedTime(read).TotalSeconds;
        long written = report.GeneratedTokens;
        string text = written == 0
            ? string.Create(CultureInfo.InvariantCulture, $"stopped; seed {seed}")
            : string.Create(CultureInfo.InvariantCulture, $"{Figures.Count(written)} {unit}s in {seconds:0.00} s, {Figures.Rate(written / Math.Max(seconds, 1e-9))} tokens/s; seed {seed}");
        if (report.PromptTokens > 0)
        {
            text += string.Create(CultureInfo.InvariantCulture, $"; prompt of {Figures.Count(report.PromptTokens)} in {clock.GetElapsedTime(_begin, read).TotalSeconds:0.00} s");
        }

        text += report.UnknownTokens > 0 ? $", {Figures.Count(report.UnknownTokens)} of them unknown to the vocabulary" : "";
        return report.StoppedBy is null ? text : $"{text}; ended by a stop string";
    }
}
