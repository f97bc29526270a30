using System.Globalization;
using TransformerXL.Cli.Terminals;
using TransformerXL.Training;

namespace TransformerXL.Cli.Commands;

/// <summary>
/// Tells once that Ctrl+C in mpirun saves nothing: it kills its processes two seconds later (see <see cref="StopSignal"/>), and a step with the checkpoint after it takes longer.
/// </summary>
/// <param name="terminal">Receives the note.</param>
/// <param name="next">Receives every report.</param>
internal sealed class SlowStepNote(Terminal terminal, IProgress<TrainingReport> next) : IProgress<TrainingReport>
{
    /// <summary>The rest of the two seconds is for the checkpoint.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(1);

    private (long Step, long Time)? _last;
    private bool _told;

    public void Report(TrainingReport value)
    {
        next.Report(value);
        long now = terminal.Clock.GetTimestamp();
        if (value is not StepReport)
        {
            // A validation or a checkpoint comes between two steps.
            _last = null;
            return;
        }

        if (!_told && _last is { } last && terminal.Clock.GetElapsedTime(last.Time, now) / (value.Step - last.Step) is var step && step > Longest)
        {
            _told = true;
            terminal.Notes.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"txl: a step takes {step.TotalSeconds:0.0} s, and mpirun kills its processes 2 s after Ctrl+C, before they have saved; 'kill {Environment.ProcessId}' on {Environment.MachineName} stops and saves, or begin with mpirun --mca odls_base_sigkill_timeout 60"));
        }

        _last = (value.Step, now);
    }
}
