using System.Globalization;
using System.Text;
using TransformerXL.Files;
using TransformerXL.Training;

namespace TransformerXL.Analysis.Reports;

/// <summary>One page about several runs: their curves in one chart, their results, and the settings that differ.</summary>
public static class RunsReport
{
    /// <summary>The default name of the file.</summary>
    public const string FileName = "runs.html";

    /// <summary>Writes the page, all or nothing.</summary>
    /// <param name="runs">The runs.</param>
    /// <param name="path">The file.</param>
    /// <exception cref="InputException">There is no run, files of one are damaged, or nothing can be written there.</exception>
    public static void Write(IReadOnlyList<RunDirectory> runs, string path)
    {
        ArgumentNullException.ThrowIfNull(runs);
        ArgumentException.ThrowIfNullOrEmpty(path);
        Require.That(runs.Count > 0, "no run is named for the page");
        string[] names = Names(runs);
        HtmlPage page = Compose([.. runs.Select((run, i) => RunCurves.Read(run, names[i]))]);
        AtomicFile.Write(path, stream =>
        {
            using StreamWriter writer = new(stream, new UTF8Encoding(false), leaveOpen: true);
            page.Write(writer);
        });
    }

    /// <summary>The names of the folders, or their paths where two folders have the same name.</summary>
    private static string[] Names(IReadOnlyList<RunDirectory> runs)
    {
        string[] names = [.. runs.Select(run => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(run.Path))))];
        return names.Distinct().Count() == names.Length ? names : [.. runs.Select(run => run.Path)];
    }

    private static HtmlPage Compose(RunCurves[] runs)
    {
        string[] units = RunsCharts.Units(runs);
        Require.That(units.Length > 0, $"the losses of the runs have no unit in common ({string.Join(", ", runs.Select(run => $"{run.Name}: {run.Units[0].Name}"))}); compare runs of one kind of task");
        List<ReportSection> sections = [new("Loss", [RunsCharts.Losses(runs)]), new("Results", [Results(runs, units[0])])];
        List<IReadOnlyList<string>> differences = Differences(runs);
        sections.Add(new("Settings that differ", [differences.Count > 0 ? new ResultTable(["setting", .. runs.Select(run => run.Name)], differences) : new Paragraph("All settings are the same.")]));
        int damaged = runs.Sum(run => run.History.DamagedLines);
        if (damaged > 0)
        {
            sections.Add(new("Missing", [new Paragraph($"{damaged} {(damaged == 1 ? "line" : "lines")} of metrics.jsonl could not be read; their values are not shown.")]));
        }

        return new HtmlPage { Title = $"{runs.Length} runs", Summary = Summary(runs, units[0]), Sections = sections };
    }

    private static string Summary(RunCurves[] runs, string unit)
    {
        RunCurves[] ranked = [.. runs.Where(run => run.History.Best is not null).OrderBy(run => run.Unit(unit).Of(run.History.Best!.Value.Loss))];
        return ranked.Length == 0
            ? "No run has been validated yet."
            : !RunsCharts.CanCompare(runs, unit) ? "The runs have different vocabularies and no unit in common in which their losses could be compared."
            : string.Create(CultureInfo.InvariantCulture, $"{ranked[0].Name} has the best validation: {ranked[0].Unit(unit).Of(ranked[0].History.Best!.Value.Loss):0.000} {unit}, at step {ranked[0].History.Best!.Value.Step:N0}.");
    }

    private static ResultTable Results(RunCurves[] runs, string unit)
    {
        string[] columns = LossUnit.IsOfLoss(unit) ? [unit] : [unit, LossUnit.Nats.Name];
        return new ResultTable(["run", .. columns.Select(name => $"best validation, {name}"), "at step", "steps", "tokens", "time"], [.. runs.Select(Row)]);

        string[] Row(RunCurves run) =>
        [
            run.Name,
            .. columns.Select(name => run.History.Best is { } best ? run.Unit(name).Of(best.Loss).ToString("0.000", CultureInfo.InvariantCulture) : "none yet"),
            run.History.Best is { } at ? at.Step.ToString("N0", CultureInfo.InvariantCulture) : "",
            string.Create(CultureInfo.InvariantCulture, $"{run.History.Step:N0} of {run.Configuration.Training.Steps:N0}"),
            AxisLabels.Value(run.History.Tokens),
            RunFindings.Time(run.History.Seconds),
        ];
    }

    private static List<IReadOnlyList<string>> Differences(RunCurves[] runs)
    {
        Dictionary<string, string>[] facts = [.. runs.Select(run => RunFacts.All(run.Configuration).ToDictionary(fact => fact.Name, fact => fact.Value))];
        return [.. facts.SelectMany(values => values.Keys).Distinct()
            .Select(name => (Name: name, Values: (string[])[.. facts.Select(values => values.GetValueOrDefault(name, ""))]))
            .Where(row => row.Values.Distinct().Count() > 1)
            .Select(row => (string[])[row.Name, .. row.Values])];
    }
}
