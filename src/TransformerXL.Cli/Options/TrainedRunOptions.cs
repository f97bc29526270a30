using System.CommandLine;
using TransformerXL.Training;

namespace TransformerXL.Cli.Options;

/// <summary>Which trained model is meant.</summary>
internal sealed class TrainedRunOptions
{
    private readonly Argument<string> _run = new("RUN") { Description = "Folder of a run, as 'txl train' or 'txl quickstart' made it." };
    private readonly Option<string?> _checkpoint = NewOption.Text("--checkpoint", "NAME", "Weights to take: best (lowest validation loss), last, average (of 'txl average') or step-N. [default: best, or last where there is none]");

    public void AddTo(Command command)
    {
        command.Add(_run);
        command.Add(_checkpoint);
    }

    /// <summary>The folder of the run.</summary>
    public string Path(ParseResult result) => result.GetRequiredValue(_run);

    /// <summary>Loads the model.</summary>
    /// <exception cref="InputException">There is none, or its files are damaged.</exception>
    public TrainedModel Load(ParseResult result) => TrainedModel.Load(Path(result), result.GetValue(_checkpoint));
}
