using TransformerXL.Training;

namespace TransformerXL.Analysis.Reports;

/// <summary>One of several runs on a page.</summary>
/// <param name="Name">Its name on the page.</param>
/// <param name="Configuration">Its configuration.</param>
/// <param name="History">Its history.</param>
/// <param name="Units">The units of its loss, the usual one first.</param>
internal sealed record RunCurves(string Name, RunConfiguration Configuration, RunHistory History, IReadOnlyList<LossUnit> Units)
{
    /// <summary>Reads a run.</summary>
    /// <param name="run">Its folder.</param>
    /// <param name="name">Its name on the page.</param>
    /// <exception cref="InputException">Its files are damaged.</exception>
    public static RunCurves Read(RunDirectory run, string name)
    {
        RunConfiguration configuration = run.ReadConfiguration();
        RunHistory history = RunHistory.Read(run.Metrics, (double)configuration.Training.BatchSize * configuration.Context.TargetLength);
        return new RunCurves(name, configuration, history, LossUnit.For(configuration, run.ReadVocabulary().Unit, history));
    }

    /// <summary>The loss in a unit; every run on the page has it.</summary>
    public LossUnit Unit(string name) => Units.First(unit => unit.Name == name);
}
