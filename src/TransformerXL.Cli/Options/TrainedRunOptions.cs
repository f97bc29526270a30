using System.CommandLine;
using TransformerXL.Training;

namespace TransformerXL.Cli.Options;

/// <summary>Which trained model is meant.</summary>
internal sealed class TrainedRunOptions
{
    private readonly Argument<string> _run = new("RUN") { Description = "Folder of a run, as 'txl train' or 'txl quickstart' made it." };
    private readonly Option<bool> _last = NewOption.Flag("--last", "Take the last weights, not those with the lowest validation loss.");

    public void AddTo(Command command)
    {
        command.Add(_run);
        command.Add(_last);
    }

    /// <summary>The folder of the run.</summary>
    public string Path(ParseResult result) => result.GetRequiredValue(_run);

    /// <summary>Loads the model.</summary>
    /// <exception cref="InputException">There is none, or its files are damaged.</exception>
    public TrainedModel Load(ParseResult result) => TrainedModel.Load(Path(result), result.GetValue(_last));
}
