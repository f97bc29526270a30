using TransformerXL.Cli.Screens;
using TransformerXL.Cli.Terminals;
using TransformerXL.Training;
using TransformerXL.Training.Corpora;

namespace TransformerXL.Cli.Commands;

/// <summary>Runs a training on the screen that fits the terminal.</summary>
internal sealed class TrainingRun(Terminal terminal)
{
    /// <summary>The result of a training is its folder, so the training continues even if its output is no longer read.</summary>
    public static void ContinueWithoutOutput(Terminal terminal) => terminal.Output.MakeSecondary(failure => terminal.Notes.WriteLine(failure.ReaderIsGone
        ? "txl: the reader of the output has ended; the training continues, Ctrl+C stops and saves it"
        : $"txl: {failure.Message}; the training continues, and its lines are in metrics.jsonl of the run"));

    /// <summary>Trains on a text.</summary>
    /// <inheritdoc cref="RunAsync(Trainer, TrainingScreenState, bool, CancellationToken, string?)"/>
    public Task<TrainingResult> RunAsync(Trainer trainer, Corpus corpus, bool json, CancellationToken stop) =>
        RunAsync(trainer, TrainingScreenState.Begin(trainer, corpus), json, stop, corpus.Description);

    /// <summary>Trains to the end, or until the user stops it.</summary>
    /// <param name="trainer">The training.</param>
    /// <param name="begin">The state of the screen before the first report.</param>
    /// <param name="json">Whether to print reports as JSON only.</param>
    /// <param name="stop">Cancelled when the user stops the command.</param>
    /// <param name="description">The description of the text in plain lines; that of the screen if null.</param>
    /// <exception cref="TrainingDivergedException">Loss or gradient were no longer finite.</exception>
    public async Task<TrainingResult> RunAsync(Trainer trainer, TrainingScreenState begin, bool json, CancellationToken stop, string? description = null)
    {
        ContinueWithoutOutput(terminal);
        ITrainingDisplay display = terminal.IsQuiet && !json ? new QuietTrainingDisplay() : json ? new JsonTrainingDisplay(terminal.Out)
            : terminal.OutIsScreen ? new LiveTrainingDisplay(terminal.OutConsole, begin, terminal.Clock)
            : new LineTrainingDisplay(terminal.Out, begin.Unit, terminal.Clock);
        if (!json && !terminal.OutIsScreen && !terminal.IsQuiet)
        {
            terminal.Out.WriteLine(begin.Model);
            terminal.Out.WriteLine(description ?? begin.Text);
            terminal.Out.Flush();
        }

        using StatusLine status = new(terminal);
        display = display is LiveTrainingDisplay ? display : new ValidationStatus(status, display);
        ReportKeeper keeper = new(trainer.Run, display, terminal.Clock);
        terminal.SavesWhenStopped = true;
        IProgress<TrainingReport> reports = RankedRun.IsOneOfSeveral(terminal.Variable(RankedRun.SizeVariable)) ? new SlowStepNote(terminal, keeper) : keeper;
        Task<TrainingResult> training = trainer.RunAsync(reports, display, stop);
        try
        {
            await display.ShowAsync(training, stop).ConfigureAwait(false);
            return await training.ConfigureAwait(false);
        }
        finally
        {
            terminal.SavesWhenStopped = false;
            keeper.Write();
            if (keeper.Failure is { } failure)
            {
                terminal.Error.WriteLine($"txl: the report of the run could not be written: {failure}");
            }
        }
    }
}
