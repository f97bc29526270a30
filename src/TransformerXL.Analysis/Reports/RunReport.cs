using System.Text;
using TransformerXL.Files;
using TransformerXL.Training;
using TransformerXL.Training.Records;

namespace TransformerXL.Analysis.Reports;

/// <summary>
/// <c>report.html</c> of a run: curves, samples, configuration and machine, from <c>metrics.jsonl</c> alone, so that it can be
/// written at any time, also for a run that was killed.
/// </summary>
public static class RunReport
{
    /// <summary>The name of the file in the folder of the run.</summary>
    public const string FileName = "report.html";

    /// <summary>Writes the report, all or nothing.</summary>
    /// <param name="run">The run.</param>
    /// <param name="path">The file; null for <see cref="FileName"/> in the folder of the run.</param>
    /// <param name="refresh">How often a browser reloads the page while a training runs; null for a final page.</param>
    /// <returns>The file.</returns>
    /// <exception cref="InputException">Files of the run are damaged, or nothing can be written there.</exception>
    public static string Write(RunDirectory run, string? path = null, PageRefresh? refresh = null)
    {
        ArgumentNullException.ThrowIfNull(run);
        string target = path ?? Path.Combine(run.Path, FileName);
        HtmlPage page = Compose(run) with { Refresh = refresh };
        AtomicFile.Write(target, stream =>
        {
            using StreamWriter writer = new(stream, new UTF8Encoding(false), leaveOpen: true);
            page.Write(writer);
        });
        return target;
    }

    private static HtmlPage Compose(RunDirectory run)
    {
        RunConfiguration configuration = run.ReadConfiguration();
        string unit = run.ReadVocabulary().Unit;
        double tokensPerStep = (double)configuration.Training.BatchSize * configuration.Context.TargetLength;
        RunHistory history = RunHistory.Read(run.Metrics, tokensPerStep);
        return new HtmlPage
        {
            Title = "Run " + Path.GetFileName(Path.TrimEndingDirectorySeparator(run.Path)),
            Summary = TaskSections.Summary(history, configuration) ?? RunFindings.Summary(history, LossMeasure.For(unit, history.BytesPerToken), configuration.Training.Steps),
            Sections = Sections(history, LossUnit.For(configuration, unit, history), configuration),
        };
    }

    private static List<ReportSection> Sections(RunHistory history, IReadOnlyList<LossUnit> units, RunConfiguration configuration)
    {
        List<ReportSection> sections =
        [
            .. TaskSections.Of(history, configuration),
            new("Loss", [RunCharts.Loss(history, units)]),
            new("Training", RunCharts.Training(history, configuration.Training)),
        ];
        if (history.Samples.Count > 0)
        {
            sections.Add(new("Samples", RunSamples.Of(history)));
        }

        sections.Add(new("Configuration", RunFacts.Configuration(configuration)));
        if (history.Parts.Count > 0)
        {
            sections.Add(new("Machine", RunFacts.Machine(history)));
        }

        if (history.DamagedLines > 0)
        {
            sections.Add(new("Missing", [new Paragraph($"{history.DamagedLines} {(history.DamagedLines == 1 ? "line" : "lines")} of metrics.jsonl could not be read; their values are not shown.")]));
        }

        return sections;
    }
}
