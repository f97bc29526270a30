using TransformerXL.Cli.Screens;
using TransformerXL.Cli.Terminals;
using TransformerXL.Data;
using TransformerXL.Training;

namespace TransformerXL.Cli.Commands;

/// <summary>Runs a training on the screen that fits the terminal.</summary>
internal sealed class TrainingRun(Terminal terminal)
{
    /// <summary>Trains to the end, or until the user stops it.</summary>
    /// <param name="trainer">The training.</param>
    /// <param name="corpus">Its text.</param>
    /// <param name="json">Whether to print reports as JSON only.</param>
    /// <param name="stop">The user's wish to stop.</param>
    /// <exception cref="TrainingDivergedException">Loss or gradient were no longer finite.</exception>
    public async Task<TrainingResult> RunAsync(Trainer trainer, Corpus corpus, bool json, CancellationToken stop)
    {
        TrainingScreenState begin = TrainingScreenState.Begin(trainer, corpus);
        ITrainingDisplay display = json ? new JsonTrainingDisplay(terminal.Out)
            : terminal.OutIsScreen ? new LiveTrainingDisplay(terminal.OutConsole, begin, terminal.Clock)
            : new LineTrainingDisplay(terminal.Out, begin.Unit, terminal.Clock);
        if (!json && !terminal.OutIsScreen)
        {
            terminal.Out.WriteLine(begin.Model);
            terminal.Out.WriteLine(corpus.Description);
            terminal.Out.Flush();
        }

        ReportKeeper keeper = new(trainer.Run, display, terminal.Clock);
        Task<TrainingResult> training = trainer.RunAsync(keeper, stop);
        try
        {
            await display.ShowAsync(training, stop).ConfigureAwait(false);
            return await training.ConfigureAwait(false);
        }
        finally
        {
            keeper.Write();
            if (keeper.Failure is { } failure)
            {
                terminal.Error.WriteLine($"txl: the report of the run could not be written: {failure}");
            }
        }
    }
}
