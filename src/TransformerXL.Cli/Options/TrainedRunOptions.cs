using System.CommandLine;
using TransformerXL.Cli.Screens;
using TransformerXL.Cli.Terminals;
using TransformerXL.Training;

namespace TransformerXL.Cli.Options;

/// <summary>Which trained model is meant.</summary>
internal sealed class TrainedRunOptions
{
    private readonly Argument<string> _run = new("RUN") { Description = "Folder of a run made by 'txl train', 'txl quickstart' or 'txl import'." };
    private readonly Option<string?> _checkpoint = NewOption.Text("--checkpoint", "NAME", "Weights to load: best, last, average or step-N. [default: best, otherwise last]");

    public void AddTo(Command command)
    {
        command.Add(_run);
        command.Add(_checkpoint);
    }

    /// <summary>The folder of the run.</summary>
    public string Path(ParseResult result) => result.GetRequiredValue(_run);

    /// <summary>Loads the model, and says so if it is not the best that was to be expected.</summary>
    /// <exception cref="InputException">There is none, or its files are damaged.</exception>
    public TrainedModel Load(ParseResult result, Terminal terminal, CancellationToken stop)
    {
        string? checkpoint = result.GetValue(_checkpoint);
        TrainedModel trained;
        using (StatusLine status = new(terminal))
        {
            trained = TrainedModel.Load(Path(result), checkpoint, new WeightStatus(status, "reading the weights"), stop);
        }

        if (checkpoint is null && !Checkpoint.Exists(trained.Run.BestCheckpoint))
        {
            terminal.Notes.WriteLine($"txl: no validation has chosen best weights in {Path(result)}; these are the last, of step {Figures.Count(trained.State.Step)}");
        }

        return trained;
    }
}
